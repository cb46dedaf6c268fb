"""Lists of English words that decide where a token ends, after the English UD treebanks (EWT)."""

from __future__ import annotations

PREFIXES = (
    "agro ante anti arch bi bio co counter cross cyber de e eco ex extra hyper infra intra macro mega meta micro "
    "mid mini multi neo non over para peri post pre pro proto pseudo psycho quasi re semi sub super trans tri "
    "ultra un under uni"
)
"""Stay with the word after their hyphen."""

SUFFIXES = "able centric esque fest ful gate ish ism ist ite ize less let ly most ness rama ship ward wise"
"""Stay with the word before their hyphen."""

UNITS = (
    "am pm a.m p.m k m b t bn mm mn tn mil cm km kg kb mb gb tb ft lb lbs oz in hr hrs min mins sec secs yr yrs mph "
    "kph hz khz mhz ghz hh kw kwh mw mwh ml sq x f"
)
"""Part from the number that they are written to."""

NAME_ABBREVIATIONS = (
    "Mr Mrs Ms Mx Dr Prof Hon Rev Fr St Ste Mt Ft Gen Sen Sens Rep Reps Gov Sgt Capt Maj Col Cmdr Cpl Lt Adm Pres Supt "
    "Messrs Mme Mlle Attn Ext Ph Tel Mob Vol No Nos Art Sec Arrv"
)
"""Keep their full stop, and never end a sentence."""

CAPITAL_ABBREVIATIONS = (
    "Sr Jr Esq Co Corp Inc Ltd Bros Assn Dept Univ Inst Mfg Natl Intl Ave Blvd Rd Hwy Jan Feb Mar Apr Jun Jul Aug Sep "
    "Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun Para Conf Spec Ala Ariz Ark Calif Colo Conn Fla Ill "
    "Kan Ky La Mass Mich Minn Neb Nev Okla Ont Ore Pa Penn Que Tenn Tex Va Vt Wash Wis Wyo"
)
"""Keep their full stop when written with a capital."""

ABBREVIATIONS = "vs v etc eg ie al cf ca approx dept est ext fig figs pp vol ed eds incl excl info yrs hrs oz lb lbs sq"
"""Keep their full stop in any case."""

CLOSING_ABBREVIATIONS = "etc a.m p.m A.M P.M am pm info al yrs hrs lbs oz L.L.C L.P U.S.A"
"""Often end a sentence, which takes their full stop away."""

FILE_TYPES = (
    "com org net edu gov mil int info biz io ai co uk us de fr ca au nz jp cn ru eu tv me doc docx xls xlsx ppt pptx "
    "pdf txt csv html htm xml json zip exe jpg jpeg png gif mp3 mp4 py js css url wav avi"
)
"""End an address or a file name."""

_NEGATED = "ai are ar ca could did do does had has have is must need should was were wo would"

JOINED = {
    **{f"{verb}nt": len(verb) for verb in _NEGATED.split()},
    **{f"{pronoun}ve": len(pronoun) for pronoun in ("i", "we", "they", "you")},
    **{f"{word}s": len(word) for word in ("that", "there", "he", "what")},
    "cannot": 3,
    "gonna": 3,
    "wanna": 3,
    "gotta": 3,
    "im": 1,
    "youre": 3,
    "theyre": 4,
}
"""Two tokens in one word, and the length of the first."""
