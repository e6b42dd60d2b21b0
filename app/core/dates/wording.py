"""How each language of the pages writes dates: the forms that `writing` fills in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


def ordinal(number: int) -> str:
    """Write an English ordinal: 1st, 2nd, 13th."""
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def ordinal_fr(number: int) -> str:
    """Write a French ordinal: 1er, 2e."""
    return f"{number}{'er' if number == 1 else 'e'}"


def _roman(number: int) -> str:
    """Write a French century's number: XVIIe, Ier."""
    rest, text = number, ""
    for value, letters in ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV")):
        count, rest = divmod(rest, value)
        text += letters * count
    return f"{text}{'I' * rest}{'er' if number == 1 else 'e'}"


def _plain_phrase(form: str, text: str) -> str:
    return form.format(text=text)


def _english_phrase(form: str, text: str) -> str:
    """Put a date after a preposition: about 1471, about the 18th century."""
    return form.format(text=f"the {text}" if re.match(r"\d+(?:s|st|nd|rd|th)\b", text) else text)


_MONTHS_FR = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
_PLURAL_FR = re.compile(r"années |[IVXLC]+er?–[IVXLC]+er? siècles")
_ELIDED_FR = re.compile("été |automne |hiver ")
_SINGULAR_FR = re.compile(
    rf"[IVXLC]+er? |\d+er? (?:trimestre|quadrimestre|semestre)|\d+(?:er)? (?:{'|'.join(_MONTHS_FR)})|printemps "
)


def _french_phrase(form: str, text: str) -> str:
    """Put a date after a preposition: vers 1471, vers le XVIIIe siècle; jusqu’en 1985, jusqu’au XXe siècle."""
    # What stands for each article, alone and after “à”.
    article, contracted = "", "en "
    if _PLURAL_FR.match(text):
        article, contracted = "les ", "aux "
    elif _ELIDED_FR.match(text):
        article, contracted = "l’", "à l’"
    elif _SINGULAR_FR.match(text):
        article, contracted = "le ", "au "
    return form.format(text=article + text, at=contracted + text)


@dataclass(frozen=True, slots=True)
class Wording:
    """How one language writes dates; `seasons` holds the four seasons, four quarters, three thirds and two halves.

    `tight` stands between the ends of a span that are single words, `apart` between longer ones.
    """

    unknown: str
    day: str
    month: str
    months: tuple[str, ...]
    seasons: tuple[str, ...]
    decade: str
    century: str
    centuries: str
    millennium: str
    before: str
    about: str
    since: str
    until: str
    any_of: str
    all_of: str
    year: str = "{year}"
    years: str = "{first}–{last}"
    # Where a decade is told by its century; the first of each by its year.
    decade_of_century: str = ""
    uncertain: str = "{text} (?)"
    tight: str = "–"
    apart: str = " – "
    day_number: Callable[[int], str] = str
    ordinal: Callable[[int], str] = str
    phrase: Callable[[str, str], str] = _plain_phrase


_NUMBERS = tuple(str(number) for number in range(1, 13))
VIETNAMESE = Wording(
    unknown="không rõ",
    day="ngày {day} tháng {month} năm {year}",
    month="tháng {month} năm {year}",
    months=_NUMBERS,
    seasons=(
        *(f"mùa {season} năm {{year}}" for season in ("xuân", "hạ", "thu", "đông")),
        *(f"quý {part} năm {{year}}" for part in range(1, 5)),
        *(f"bốn tháng {part} năm {{year}}" for part in ("đầu", "giữa", "cuối")),
        *(f"nửa {part} năm {{year}}" for part in ("đầu", "cuối")),
    ),
    decade="thập niên {year}",
    century="thế kỷ {number}",
    centuries="thế kỷ {first}–{last}",
    millennium="thiên niên kỷ {number}",
    before="{text} trước Công nguyên",
    about="khoảng {text}",
    since="từ {text}",
    until="đến {text}",
    any_of=" hoặc ",
    all_of=" và ",
)
ENGLISH = Wording(
    unknown="unknown",
    day="{day} {month} {year}",
    month="{month} {year}",
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    seasons=(
        *(f"{season} {{year}}" for season in ("spring", "summer", "autumn", "winter")),
        *(f"{part} quarter of {{year}}" for part in ("first", "second", "third", "fourth")),
        *(f"{part} third of {{year}}" for part in ("first", "second", "last")),
        *(f"{part} half of {{year}}" for part in ("first", "second")),
    ),
    decade="{year}s",
    century="{number} century",
    centuries="{first}–{last} centuries",
    millennium="{number} millennium",
    before="{text} BC",
    about="about {text}",
    since="since {text}",
    until="until {text}",
    any_of=" or ",
    all_of=" and ",
    ordinal=ordinal,
    phrase=_english_phrase,
)
_CHINESE = Wording(
    unknown="不详",
    day="{year}年{month}月{day}日",
    month="{year}年{month}月",
    months=_NUMBERS,
    seasons=(
        *(f"{{year}}年{season}" for season in "春夏秋冬"),
        *(f"{{year}}年第{part}季度" for part in "一二三四"),
        *(f"{{year}}年{part}四个月" for part in ("头", "中间", "最后")),
        *(f"{{year}}年{part}半年" for part in "上下"),
    ),
    decade="{year}年代",
    decade_of_century="{century}世纪{tens}年代",
    century="{number}世纪",
    centuries="{first}–{last}世纪",
    millennium="第{number}个千年",
    before="公元前{text}",
    about="约{text}",
    since="自{text}起",
    until="至{text}为止",
    any_of="或",
    all_of="和",
    year="{year}年",
    years="{first}–{last}年",
    uncertain="{text}（？）",
    apart="–",
)
_JAPANESE = Wording(
    unknown="不明",
    day="{year}年{month}月{day}日",
    month="{year}年{month}月",
    months=_NUMBERS,
    seasons=(
        *(f"{{year}}年{season}" for season in "春夏秋冬"),
        *(f"{{year}}年第{part}四半期" for part in range(1, 5)),
        *(f"{{year}}年の{part}の4か月" for part in ("初め", "中頃", "終わり")),
        *(f"{{year}}年{part}半" for part in "前後"),
    ),
    decade="{year}年代",
    century="{number}世紀",
    centuries="{first}〜{last}世紀",
    millennium="第{number}千年紀",
    before="紀元前{text}",
    about="{text}頃",
    since="{text}から",
    until="{text}まで",
    any_of="または",
    all_of="と",
    year="{year}年",
    years="{first}〜{last}年",
    uncertain="{text}（？）",
    tight="〜",
    apart="〜",
)
_KOREAN = Wording(
    unknown="미상",
    day="{year}년 {month}월 {day}일",
    month="{year}년 {month}월",
    months=_NUMBERS,
    seasons=(
        *(f"{{year}}년 {season}" for season in ("봄", "여름", "가을", "겨울")),
        *(f"{{year}}년 {part}분기" for part in range(1, 5)),
        *(f"{{year}}년 {part} 4개월" for part in ("첫", "중간", "마지막")),
        *(f"{{year}}년 {part}반기" for part in "상하"),
    ),
    decade="{year}년대",
    century="{number}세기",
    centuries="{first}~{last}세기",
    millennium="제{number}천년기",
    before="기원전 {text}",
    about="{text}경",
    since="{text}부터",
    until="{text}까지",
    any_of=" 또는 ",
    all_of=" 및 ",
    year="{year}년",
    years="{first}~{last}년",
    uncertain="{text}(?)",
    tight="~",
    apart=" ~ ",
)
_FRENCH = Wording(
    unknown="date inconnue",
    day="{day} {month} {year}",
    month="{month} {year}",
    months=_MONTHS_FR,
    seasons=(
        *(f"{season} {{year}}" for season in ("printemps", "été", "automne", "hiver")),
        *(f"{ordinal_fr(part)} trimestre {{year}}" for part in range(1, 5)),
        *(f"{ordinal_fr(part)} quadrimestre {{year}}" for part in range(1, 4)),
        *(f"{ordinal_fr(part)} semestre {{year}}" for part in range(1, 3)),
    ),
    decade="années {year}",
    century="{number} siècle",
    centuries="{first}–{last} siècles",
    millennium="{number} millénaire",
    before="{text} av. J.-C.",
    about="vers {text}",
    since="depuis {text}",
    until="jusqu’{at}",
    any_of=" ou ",
    all_of=" et ",
    day_number=lambda day: "1er" if day == 1 else str(day),
    ordinal=_roman,
    phrase=_french_phrase,
)
_WORDINGS = {
    "vi": VIETNAMESE,
    "en": ENGLISH,
    "zh": _CHINESE,
    "ja": _JAPANESE,
    "ko": _KOREAN,
    "fr": _FRENCH,
}


def wording_of(language: str) -> Wording:
    """Give a language's forms; English for one that has none."""
    return _WORDINGS.get(language, ENGLISH)
