"""Read, rate and generate passphrases.

The frequent passphrases come from these sources. Obscene and personal entries are left out:

- the first 220 suitable entries of Openwall's ``password.lst`` (2011, "assumed to be in the public domain"; Debian
  package ``john-data`` 1.9.0-2)
- the first 170 entries with 12 or more characters in the frequency list of ``zxcvbn`` 4.5.0 (PyPI, MIT licence)
- 19 well-known phrases from textbooks and jokes
"""

from collections.abc import Sequence

from csrtui.core.base.errors import InputError
from csrtui.core.base.secret import Secret

_WORDS = """
123456 12345 password password1 123456789 12345678 1234567890 abc123 computer tigger 1234 qwerty money
carmen mickey secret summer internet a1b2c3 service canada hello ranger shadow baseball donald harley
hockey letmein maggie mike mustang snoopy buster dragon jordan michael michelle mindy patrick 123abc
andrew bear calvin changeme diamond matthew miller tiger trustno1 alex apple avalon brandy chelsea
coffee falcon freedom gandalf green helpme linda magic merlin newyork soccer thomas wizard asdfgh bandit
batman boris butthead dorothy eeyore fishing football george happy iloveyou jennifer jonathan love
marina master missy monday monkey natasha ncc1701 pamela pepper piglet poohbear pookie rabbit rachel
rocket rose smile sparky spring steven success sunshine victoria whatever zapata 8675309 amanda andy
angel august barney biteme boomer brian casey cowboy delta doctor fisher island john joshua karen marley
orange please rascal richard sarah scooter shalom silver skippy stanley taylor welcome zephyr 111111
aaaaaa access albert alexander andrea anna anthony asdfjkl; ashley basketball beavis black bradley
brandon buddy caitlin camaro charlie chicken chris cindy cricket dakota dallas daniel david debbie
dolphin elephant emily friend ginger goodluck hammer heather iceman jason jessica jesus joseph jupiter
justin kevin knight lacrosse lakers lizard madison mary mother muffin murphy nirvana paris pentium
phoenix picture rainbow sandy saturn scott shannon skeeter sophie special stephanie stephen steve
sweetie teacher tennis test test123 tommy topgun tristan wally william wilson 123qweasdzxc 1qaz2wsx3edc
q1w2e3r4t5y6 1q2w3e4r5t6y qazwsxedcrfv 123456qwerty qwerty123456 leavemealone 123456654321 gfhjkmgfhjkm
qazwsxedc123 ghjcnjgfhjkm sonyericsson zxcasdqwe123 123456789qwe 1qazxsw23edc qwerasdfzxcv qweasdzxc123
123456789987654321 112233445566 finalfantasy ghbdtnrfrltkf chickenwing101 1qaz2wsx3edc4rfv justinbieber
needforspeed 123456789123 dkflbvbhjdbx qazwsxedcrfvtgb dkflbvbhjdyf counterstrike zaq1xsw2cde3
vfvfvskfhfve ghjcnjghjcnj fkmnthyfnbdf 123456789abc 123456789qwerty qazxswedcvfr qwertyasdfgh
1111111111zz whosyourdaddy fktrcfylhjdyf fktrcfylhjdbx 123456789qaz 12345678900987654321 password1234
ghbdtnghbdtn 010203040506 lost4815162342 102030405060 qwerty123456789 devilmaycry4 iseedeadpeople
123456789qqq jamesbond007 4815162342lost 123123qweqwe qwertyytrewq 1234567890qw 1234qwerasdf
123qwe456rty asdfghjkl123 ghjcnjrdfibyj qwertyuiop123 q1w2e3r4t5y6u7 1qa2ws3ed4rf 123456789zxc
ptybnxtvgbjy 12345678987654321 playstation3 q1w2e3r4t5y6u7i8 1234567890qwe andrewjackie 12qw34er56ty
1qazxsw23edcvfr4 159753456852 123456782000 christopher1 ingodwetrust minecraft123 peanutbutter
1234567890zzz abc123456789 auckland2010 residentevil qawsedrftgyh 123321qweewq avrillavigne massimiliano
012345678910 nhfdvfnjkju123 gjkysqgbpltw temppassword ticketmaster stratocaster playstation2
fynfyfyfhbde ghjcnjqgfhjkm nightcrawler 123456789101 frederiksberg 1234567890qaz 1a2s3d4f5g6h
sanfrancisco 89876065093rax ghjcnjgbpltw 1234567qwertyu 1234qwerasdfzxcv lytghjgtnhjdcr schoolgirlie
111222333000 zaqwsxcderfv seemnemaailm nhecsyfujkjdt qwaszxerdfcv antananarivu vfrcbvvfrcbv greenlantern
q1w2e3r4t5y6u7i8o9p0 passwordstandard corperfmonsy maprchem56458 warhammer40k 1234567890qwerty
morganstanley 1234567890987654321 cjdthitycndj bltynbabrfwbz stinkyfinger qwertyuiop10 qazxswedc123
iampurehaha2 zxcvbn123456 gtnhjpfdjlcr 123321456654 59382113kevinp bpgjldsgjldthnf rfnthbyf1988
1qa2ws3ed4rf5tg qwertyuiop12345 nhfycajhvths msorcloledbr stickdaddy77 vfhbyfvfhbyf asdfgh123456
123456789asd specialinsta michaeljackson webuivalidat 1234567887654321 1234567892000 ilovemyfamily
weihnachtsbau 014702580369 qaz123wsx456 123456789qwer 111222333444555 123456789000 systemofadown
vladimirovna 122333444455555 amadeusptfcor zxcvbnm123456789 mortalkombat paraklast1974 minnesota_hp
nondriversig 123qwerty123 a1s2d3f4g5h6 z1x2c3v4b5n6m7 correcthorsebatterystaple thequickbrownfox
thequickbrownfoxjumpsoverthelazydog tobeornottobe maytheforcebewithyou loremipsumdolorsitamet
passwordpassword passwordpassword1 qwertyuiopasdfghjklzxcvbnm abcdefghijkl abcdefghijklmnopqrstuvwxyz
adminadminadmin changemechangeme letmeinletmein opensesame administrator123 iloveyouiloveyou
iloveyouforever trustno1trustno1
"""
FREQUENT = frozenset(_WORDS.split())
"""The frequent passphrases, in lower case and without spaces."""

MIN_CHARACTERS = 12
MIN_WORDS = 4
MIN_LETTERS = 3
"""Minimum number of letters that a word must have to count."""
MIN_WORD_CHARACTERS = 16
"""Minimum length in characters of a passphrase of `MIN_WORDS` words, including spaces."""
MAX_BYTES = 1023
"""Maximum length in UTF-8 that openssl reads, in bytes (``PEM_BUFSIZE`` and ``APP_PASS_LEN`` are 1,024, with a NUL)."""
_MIN_DIFFERENT_CHARACTERS = 5
GENERATED_WORDS = 7
"""Number of words in a generated passphrase: 77 bits, too many to guess at a million iterations per guess."""
ENTROPY_BYTES = 10
"""Number of random bytes that `generate` needs. It uses 77 of the 80 bits."""
_WORD_BITS = 11


class NoPassphraseError(ValueError):
    """There is no passphrase in the bytes. The message does not quote them, so it is safe to display."""


def read_passphrase(data: bytes) -> Secret:
    """Return the passphrase in the first line of `data`, without the line break. The line must be UTF-8.

    Raises:
        NoPassphraseError: The line is empty or not UTF-8.
    """
    line = data.split(b"\n", 1)[0].removesuffix(b"\r")
    if not line:
        raise NoPassphraseError("it is empty")
    try:
        return Secret(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise NoPassphraseError("it is not UTF-8") from None


def refusal(passphrase: Secret) -> InputError | None:
    """Return an error if openssl could not use this passphrase to open a key, otherwise None.

    openssl reads at most 1,023 bytes of a passphrase, and stops at a NUL.
    """
    if len(passphrase.encoded) > MAX_BYTES:
        return InputError(
            f"the passphrase has more than {MAX_BYTES} bytes, which openssl cannot read",
            "use a shorter passphrase",
        )
    if "\0" in passphrase.revealed:
        return InputError(
            "the passphrase contains a NUL character, at which openssl stops reading",
            "use a passphrase without it",
        )
    return None


def check(passphrase: Secret) -> None:
    """Refuse a passphrase that openssl could not use to open a key.

    Raises:
        InputError: The passphrase is too long or contains a NUL (`refusal`).
    """
    if error := refusal(passphrase):
        raise error


def weaknesses(passphrase: Secret) -> list[str]:
    """Return a sentence for each weakness of a passphrase. No sentence quotes the passphrase."""
    text = passphrase.revealed
    sentences = guess_reasons(passphrase)
    if not (text.isascii() and text.isprintable()):
        sentences.append(
            "The passphrase has characters outside printable ASCII: not every program accepts them."
        )
    return sentences


def guess_reasons(passphrase: Secret) -> list[str]:
    """Return a sentence for each reason why a passphrase is easy to guess. No sentence quotes the passphrase."""
    text = passphrase.revealed
    sentences = []
    if len(text) < MIN_CHARACTERS:
        sentences.append(
            f"The passphrase is short: use at least {MIN_CHARACTERS} characters, better {MIN_WORDS} words of "
            f"{MIN_LETTERS} letters or more."
        )
    if _repeats(text):
        sentences.append("The passphrase repeats the same few characters: that adds nothing to its strength.")
    if _is_common(text):
        sentences.append("The passphrase is one of the most common ones: attackers try it first.")
    return sentences


def strength(passphrase: Secret) -> str:
    """Return a rating to display while the user types a passphrase. It does not quote the passphrase."""
    text = passphrase.revealed
    if not text:
        return ""
    if error := refusal(passphrase):
        return f"{error.message[0].upper()}{error.message[1:]}."
    if sentences := weaknesses(passphrase):
        return " ".join(sentences)
    words = _words(text)
    is_phrase = words >= MIN_WORDS and len(text) >= MIN_WORD_CHARACTERS
    return f"Long enough: {words} words." if is_phrase else f"Long enough: {len(text)} characters."


def _words(text: str) -> int:
    """Return the number of words that have at least `MIN_LETTERS` letters."""
    return sum(sum(map(str.isalpha, word)) >= MIN_LETTERS for word in text.split())


def _repeats(text: str) -> bool:
    """Return whether a text has few distinct characters or repeats a short part: ``abababab``, ``secretsecret``."""
    longest = min(len(text) // 2, MIN_CHARACTERS - 1)
    if any(text[unit:] == text[:-unit] for unit in range(1, longest + 1)):
        return True
    return len(text) >= MIN_CHARACTERS and len(set(text)) < _MIN_DIFFERENT_CHARACTERS


def _is_common(text: str) -> bool:
    return "".join(text.lower().split()) in FREQUENT


def generate(words: Sequence[str], entropy: bytes) -> Secret:
    """Return a passphrase of `GENERATED_WORDS` words, separated by spaces.

    Args:
        words: A list of 2,048 distinct words.
        entropy: `ENTROPY_BYTES` random bytes. 11 bits select each word.
    """
    if len(entropy) != ENTROPY_BYTES or len(set(words)) != 1 << _WORD_BITS:
        raise ValueError("a passphrase is generated from 10 bytes and 2,048 words")
    number = int.from_bytes(entropy, "big")
    mask = (1 << _WORD_BITS) - 1
    return Secret(" ".join(words[number >> _WORD_BITS * index & mask] for index in range(GENERATED_WORDS)))
