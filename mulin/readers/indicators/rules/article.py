"""What an article about the county reports, figure by figure, in its own words: the product must compute each from records.

建平县“幸福新社区” (mechanisms, rows 3 to 92). ``code`` is the indicator that computes it here; '' where no service does yet.
``since``: the article counts from that day on; None where it names none (then from the county's first record on).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

Y2023, Y2024 = date(2023, 1, 1), date(2024, 1, 1)

UNITS: Final = {
    "小时": _("小时"),
    "件": _("件"),
    "人次": _("人次"),
    "人": _("人"),
    "次": _("次"),
    "%": "%",
    "㎡": "㎡",
}
"""What is counted in units. Everything else is a measure word, which English has not."""


@dataclass(frozen=True)
class Claim:
    """A figure of the article: the mechanism's row, its words, what it says (a number where it is one), its unit."""

    row: int
    words: Any
    says: float
    unit: str
    code: str = ""
    since: date | None = None
    about: bool = False
    """The article says 余 or 超: more than that."""

    @property
    def unit_words(self) -> Any:
        """The unit in the reader's language."""
        chinese = (get_language() or "zh").startswith("zh")
        return UNITS.get(self.unit, self.unit if chinese else "")

    @property
    def said(self) -> str:
        """The number as the article has it."""
        return f"{self.says:g}{'+' if self.about else ''}"


CLAIMS: Final = (
    Claim(4, _("组建党支部"), 61, "个"),
    Claim(6, _("8大类治理事项纳入网格管理清单"), 8, "类", "matter_categories"),
    Claim(13, _("专业队伍整建制下沉网格"), 6, "支", "professional_teams"),
    Claim(16, _("执法人员编入网格管理体系"), 42, "名", "officers_on_grids"),
    Claim(19, _("部门协同解决难点问题"), 189, "个", "hard_problems_solved", Y2024),
    Claim(20, _("诉求响应时间缩短至"), 12, "小时", "response_hours_median", Y2024),
    Claim(20, _("诉求响应时间从48小时缩短（降幅）"), -75, "%", "response_hours_change", Y2024),
    Claim(21, _("群众满意率提升至"), 91, "%", "satisfaction_rate", Y2024),
    Claim(22, _("明确街道职能定位"), 4, "个", "mandated_streets"),
    Claim(25, _("联席会商、项目领办等制度"), 5, "项"),
    Claim(30, _("累计开展联建活动"), 79, "场"),
    Claim(31, _("协调解决实际治理难题"), 118, "个"),
    Claim(35, _("为社区协调落实办公及服务场所"), 8, "个", since=Y2023),
    Claim(35, _("办公及服务场所面积"), 3100, "㎡", since=Y2023, about=True),
    Claim(44, _("解决小区民生痛点问题"), 2000, "件", "compound_issues_solved", Y2024, True),
    Claim(45, _("物业投诉率下降"), -45, "%", "property_complaint_change", Y2024),
    Claim(46, _("推进物业公司党的组织和工作覆盖"), 34, "家"),
    Claim(46, _("推进住宅小区及单体楼宇覆盖"), 266, "个"),
    Claim(47, _("单独组建“红色物业”党支部"), 9, "个"),
    Claim(48, _("联合组建党组织"), 18, "个"),
    Claim(49, _("选派党建工作指导员"), 14, "名"),
    Claim(50, _("老旧小区治理试点"), 6, "个"),
    Claim(51, _("试点小区党群服务站"), 7, "处"),
    Claim(51, _("家门口的协商议事场所"), 21, "个"),
    Claim(52, _("场所日均开放率"), 100, "%"),
    Claim(53, _("场所平均使用率"), 85, "%", about=True),
    Claim(55, _("便民微服务受益居民"), 18000, "人次"),
    Claim(58, _("在职党员到社区报到"), 1845, "名"),
    Claim(60, _("开展进社区服务"), 2100, "人次", about=True),
    Claim(61, _("帮助实现居民“微心愿”"), 686, "个", "wishes_fulfilled"),
    Claim(62, _("组建共产党员突击队"), 365, "支"),
    Claim(66, _("为新就业群体提供暖心服务"), 8, "类"),
    Claim(68, _("招募“先锋骑士”"), 37, "人"),
    Claim(69, _("先锋骑士参与志愿服务"), 20, "次", about=True),
    Claim(70, _("社区工作者全员轮训"), 235, "名"),
    Claim(74, _("“三岗十六级”岗位等级序列"), 16, "级"),
    Claim(76, _("邻里讲堂课程体系"), 4, "类"),
    Claim(77, _("培育“草根讲师”"), 46, "名"),
    Claim(79, _("开办课程"), 17, "场"),
    Claim(79, _("课程服务居民"), 2000, "人次", about=True),
    Claim(80, _("打造工具共享站"), 6, "个"),
    Claim(80, _("图书阅览室"), 27, "处"),
    Claim(80, _("体育活动室"), 14, "个"),
    Claim(83, _("共享空间日均利用率"), 90, "%", about=True),
    Claim(86, _("发放“积分存折”"), 1600, "个", "passbooks_issued", about=True),
    Claim(89, _("吸纳商户"), 21, "家", "merchants_active"),
    Claim(90, _("成立互助联盟"), 4, "个", "alliances_active"),
    Claim(92, _("系统记录互助行为"), 1900, "次", "aid_acts", about=True),
)
"""In the article's order."""
