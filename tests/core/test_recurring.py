"""Rules by which events return, in words, in every language of the pages."""

from __future__ import annotations

import pytest

from app.core.recurring import Rule, format_rule, rule_of

FOUNDERS_DAY = Rule("lunar", "yearly", month=1, day=10, duration_days=3, main_day=12)
FULL_MOON = Rule("lunar", "monthly", day=14, leap_month_policy="every_month_including_leap")
FAIR = Rule("gregorian", "every_n_years", every_years=2, month=8, day=1, duration_days=3)
RARE = Rule("gregorian", "irregular", month=3)
LONG = Rule("lunar", "once", year=2025, month=6, day=28, duration_days=5, leap_month_policy="leap_only")
VARYING = Rule("gregorian", "yearly_variable", month=5)


@pytest.mark.parametrize(
    ("rule", "language", "text"),
    [
        (FOUNDERS_DAY, "vi", "10–12 tháng Giêng âm lịch hằng năm, chính lễ ngày 12"),
        (FOUNDERS_DAY, "en", "10th–12th of the 1st lunar month every year, main day the 12th"),
        (FOUNDERS_DAY, "zh", "每年农历正月初十至十二，正日为十二"),
        (FOUNDERS_DAY, "ja", "毎年旧暦1月10日〜12日、本祭は12日"),
        (FOUNDERS_DAY, "ko", "매년 음력 1월 10~12일, 본행사는 12일"),
        (FOUNDERS_DAY, "fr", "Du 10 au 12 du 1er mois lunaire, chaque année, jour principal le 12"),
        (FULL_MOON, "zh", "农历每月十四，闰月也举行"),
        (FULL_MOON, "ja", "旧暦の毎月14日、閏月も含みます"),
        (FULL_MOON, "ko", "음력 매월 14일, 윤달 포함"),
        (FULL_MOON, "fr", "Le 14 de chaque mois lunaire, mois intercalaires compris"),
        (FAIR, "zh", "每2年一次，8月1日至3日"),
        (FAIR, "ja", "2年に1回、8月1日〜3日"),
        (FAIR, "ko", "2년마다 8월 1~3일"),
        (FAIR, "fr", "Du 1er au 3 août, tous les 2 ans"),
        (RARE, "zh", "3月（并非每年举行）"),
        (RARE, "ja", "3月（毎年ではありません）"),
        (RARE, "ko", "3월(매년 열리지는 않음)"),
        (RARE, "fr", "Mars (pas tous les ans)"),
        (LONG, "zh", "2025年农历闰六月廿八，为期5天"),
        (LONG, "ja", "2025年旧暦閏6月28日、5日間"),
        (LONG, "ko", "2025년 음력 윤6월 28일, 5일간"),
        (LONG, "fr", "Le 28 du 6e mois lunaire intercalaire, 2025, pendant 5 jours"),
        (VARYING, "zh", "每年5月，日期不固定"),
        (VARYING, "ja", "毎年5月（日程は年により異なります）"),
        (VARYING, "ko", "매년 5월, 날짜는 해마다 다름"),
        (VARYING, "fr", "Mai, chaque année, à des dates variables"),
        (FOUNDERS_DAY, "de", "10th–12th of the 1st lunar month every year, main day the 12th"),
    ],
)
def test_rule_is_written_as_people_say_it(rule: Rule, language: str, text: str) -> None:
    assert format_rule(rule, language) == text


def test_rule_is_made_of_what_is_published() -> None:
    told = {"calendar": "lunar", "recurrence": "yearly", "month": 1, "day": None, "source": "…", "is_followed": True}
    assert rule_of(told) == Rule("lunar", "yearly", month=1)
