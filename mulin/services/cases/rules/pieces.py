"""What suggestions look at in a text: single characters and pairs of neighbours. Never a number, a name or an address. Pure.

Chinese is not split into words. Digits and Latin letters end a run and are dropped, so that no telephone number, door
number, plate or account stays; what reads like somebody's name is cut out before pairs are made.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Final

_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚"
    "沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
)
_TITLE: Final = (
    "先生|女士|小姐|师傅|大爷|大妈|大娘|大姐|大哥|大叔|阿姨|叔叔|奶奶|爷爷|老师|书记|主任|医生|大夫|经理|队长|局长|站长|"
    "老板|同志|警官|护士|某某|某"
)
_NAMES: Final = re.compile(
    rf"[{_SURNAMES}][㐀-鿿]{{0,2}}?(?=(?:{_TITLE}))"
    rf"|(?<=[老小阿])[{_SURNAMES}](?![㐀-鿿]?(?:路|街|区|层|店|门|桥))"
    rf"|(?<=叫做)[{_SURNAMES}][㐀-鿿]{{1,2}}|(?<=名叫)[{_SURNAMES}][㐀-鿿]{{1,2}}"
    rf"|(?<=我叫)[{_SURNAMES}][㐀-鿿]{{1,2}}|(?<=姓名)[㐀-鿿]{{2,3}}|(?<=联系人)[㐀-鿿]{{2,3}}"
)
_SPOKEN_NUMBER: Final = re.compile("[〇零一二三四五六七八九十百千两幺]{4,}")
_RUN: Final = re.compile("[㐀-鿿]+")
_SMALL: Final = frozenset("的了是我你他她它在有就都也还又和与及着过吗呢吧啊么能给把被让这那个们")
"""Characters that say nothing of the matter by themselves."""
_CUT: Final = " "


def masked(text: str) -> str:
    """The text in one width, with names and spoken numbers cut out; the length may change."""
    plain = unicodedata.normalize("NFKC", text)
    return _SPOKEN_NUMBER.sub(_CUT, _NAMES.sub(_CUT, plain))


def pieces(text: str) -> Counter[str]:
    """Characters and pairs of neighbouring characters of a text and how often each stands in it, without those that say
    nothing."""
    found: Counter[str] = Counter()
    for run in _RUN.findall(masked(text)):
        found.update(run)
        found.update(run[at : at + 2] for at in range(len(run) - 1))
    return Counter({piece: often for piece, often in found.items() if not _SMALL.issuperset(piece)})


def tells(piece: str) -> bool:
    """Whether a piece may be shown as a reason: a pair without a character that says nothing."""
    return len(piece) == 2 and _SMALL.isdisjoint(piece)


def joined(text: str, chosen: frozenset[str]) -> tuple[str, ...]:
    """The words in a text that chosen pairs make where they overlap, in the order of the text; each once.

    >>> joined("东门路灯坏了", frozenset({"路灯", "灯坏"}))
    ('路灯坏',)
    """
    found: list[str] = []
    for run in _RUN.findall(masked(text)):
        at = 0
        while at < len(run) - 1:
            end = at
            while run[end : end + 2] in chosen and end < len(run) - 1:
                end += 1
            if end > at:
                found.append(run[at : end + 1])
            at = max(end, at + 1)
    return tuple(dict.fromkeys(found))
