"""The text in the country field: a code, or a country's name that is still being typed."""

from csrtui.core.base.escaping import visible

_MAX_COUNTRIES = 3
"""The number of countries that are shown for a part of a country's name."""


def is_code(text: str) -> bool:
    """Return whether a country is typed as two letters. The advice handles wrong codes such as UK."""
    return len(text) == 2 and text.isascii()  # noqa: PLR2004 - an alpha-2 code


def describe_country(text: str) -> str:
    """Return the name for a country code, or the countries that match a part of a country's name."""
    if not text:
        return ""
    from csrtui.core.subject import countries

    if is_code(text):
        return visible(countries.name_of(text.upper()) or "")
    matches = countries.search(text)[:_MAX_COUNTRIES] if len(text) > 1 else ()
    return visible(", ".join(f"{code} {match}" for code, match in matches))


def is_part_of_name(text: str) -> bool:
    """Return whether a text is not a code but may become a country's name, so that it is not wrong yet."""
    from csrtui.core.subject import countries

    text = text.strip()
    return bool(text) and not countries.is_code(text) and (len(text) == 1 or bool(countries.search(text)))
