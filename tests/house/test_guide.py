"""Rules for the officers' guide: what it sets in bold the interface says, and both languages name the same things."""

from __future__ import annotations

import re

from babel.messages.pofile import read_po

from app.http.i18n import TRANSLATIONS, catalogue
from tests.house.reading import complain, read

_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_PICTURE = re.compile(r"images/([a-z]+)\.(vi|en)\.png")
# The example by which the guide says what bold means.
_EXAMPLES = {"vi": "in đậm", "en": "bold"}


def sentences() -> dict[str, str]:
    """Give what the interface says, in English (the msgids) and in Vietnamese."""
    said: dict[str, str] = {}
    for path in (TRANSLATIONS / "vi" / "LC_MESSAGES").glob("*.po"):
        with path.open("rb") as file:
            for message in read_po(file, locale="vi"):
                english = message.id[0] if isinstance(message.id, tuple | list) else message.id
                said[english] = catalogue("vi").gettext(english)
    return said


def bold_words(document: str, language: str) -> set[str]:
    """Give what a document names as the interface's words."""
    return {" ".join(word.split()) for word in _BOLD.findall(document)} - {_EXAMPLES[language]}


def unsaid(vietnamese: str, english: str, said: dict[str, str]) -> list[str]:
    """Complain of words that the interface does not have, and of what one guide names and the other does not."""
    named, names = bold_words(vietnamese, "vi"), bold_words(english, "en")
    complaints = [f"guide.md: the interface does not say “{word}”" for word in sorted(names - said.keys())]
    complaints += [f"huong-dan.md: the interface does not say “{w}”" for w in sorted(named - set(said.values()))]
    translated = {said[word] for word in names if word in said}
    complaints += [f"guide.md names what huong-dan.md does not: “{word}”" for word in sorted(translated - named)]
    complaints += [f"huong-dan.md names what guide.md does not: “{word}”" for word in sorted(named - translated)]
    return complaints


def test_the_guide_names_what_the_interface_says() -> None:
    complain(unsaid(read("docs/officers/huong-dan.md"), read("docs/officers/guide.md"), sentences()))


def test_both_guides_show_the_same_pictures() -> None:
    shown = {
        language: [name for name, _language in _PICTURE.findall(read(f"docs/officers/{document}"))]
        for language, document in (("vi", "huong-dan.md"), ("en", "guide.md"))
    }
    assert shown["vi"] == shown["en"]
    assert shown["vi"]


def test_a_word_that_the_interface_does_not_say_is_noticed() -> None:
    said = {"Save": "Lưu", "Undo": "Hoàn tác"}
    assert not unsaid("Chữ **in đậm**: **Lưu**.", "In **bold**: **Save**.", said)
    assert unsaid("**Lưu**", "**Safe**", said)
    assert unsaid("**Luu**", "**Save**", said)
    assert unsaid("**Lưu**", "**Save** **Undo**", said)
    assert unsaid("**Lưu** **Hoàn tác**", "**Save**", said)
