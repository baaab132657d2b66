"""The most common passwords and passphrases, in lower case and without blanks.

Sources: the first 220 suitable entries of Openwall's ``password.lst`` (2011, "assumed to be in the public domain"; Debian
package ``john-data`` 1.9.0-2); the first 170 of 12 characters and more in the frequency list of ``zxcvbn`` 4.5.0 (PyPI, MIT
licence); 19 phrases that textbooks and jokes use. Obscene and personal entries are left out.
"""

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
"""The entries, in the form in which `csrtui.core.keys.passphrase_quality` looks a passphrase up."""
