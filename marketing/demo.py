"""Example briefs and hand-written example texts about an invented label's release and an invented book."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

RELEASE_PL: dict[str, Any] = {
    "subject": "release",
    "title": "Żółte światło",
    "creator": "Ćma i Gęślarze",
    "facts": [
        "Drugi album kwartetu z Łodzi",
        "Dziewięć piosenek nagranych na setkę w dawnej przędzalni",
        "Gościnnie: chór Źródło i trębacz Józef Święch",
        "Winyl w nakładzie 300 sztuk, okładka z linorytu",
    ],
    "date": "2027-01-15",
    "link": "https://example.com/zolte-swiatlo",
    "goal": "announce",
    "audience": "słuchacze folku i jazzu",
    "tone": "poetic",
    "language": "pl",
    "call_to_action": "Zamów winyl przed premierą",
    "hashtags": ["ŻółteŚwiatło", "folk", "winyl"],
    "platforms": ["instagram", "bluesky", "youtube"],
    "variants": 1,
}
BOOK_EN: dict[str, Any] = {
    "subject": "book",
    "title": "The Lighthouse Keeper’s Index",
    "creator": "Maria Zawada",
    "facts": [
        "A novel in 26 entries, from Anchor to Zenith",
        "Set on the Hel peninsula in 1938",
        "Translated from the Polish by Anna Lind",
        "288 pages, hardback, ribbon marker",
    ],
    "date": "2027-02-11",
    "link": "https://example.com/lighthouse",
    "goal": "sell",
    "audience": "readers of literary fiction",
    "tone": "matter-of-fact",
    "language": "en",
    "call_to_action": "Pre-order a signed copy",
    "hashtags": ["BookLaunch", "LiteraryFiction"],
    "platforms": ["x", "linkedin", "threads"],
    "variants": 1,
}
EVENT_PL: dict[str, Any] = {
    "subject": "event",
    "title": "Noc wydawców w Zajezdni",
    "creator": "",
    "facts": [
        "Czytania i trzy koncerty, jeden bilet",
        "Zajezdnia, ul. Wąska 4, Wrocław, początek o 19.00",
        "Książki i płyty z rabatem 20% tylko tego wieczoru",
    ],
    "date": "2026-12-11",
    "link": "https://example.com/noc",
    "goal": "remind",
    "audience": "",
    "tone": "energetic",
    "language": "pl",
    "call_to_action": "Kup bilet",
    "hashtags": ["NocWydawców", "Wrocław"],
    "platforms": ["facebook", "mastodon"],
    "variants": 2,
}
EXAMPLE_BRIEFS: tuple[dict[str, Any], ...] = (RELEASE_PL, BOOK_EN)


@dataclass(frozen=True, slots=True)
class ExampleText:
    """One hand-written text. `kept` puts it into the library."""

    platform: str
    text: str
    title: str = ""
    position: int = 1
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A finished example job. `name` keeps its identity, so that loading twice makes one."""

    name: str
    brief: dict[str, Any]
    days_ago: int
    texts: tuple[ExampleText, ...] = field(default=())


EXAMPLES: tuple[Example, ...] = (
    Example(
        "release-pl",
        RELEASE_PL,
        0,
        (
            ExampleText(
                "instagram",
                "Są takie lampy, które świecą tylko dla tych, co wracają późno.\n\n"
                "„Żółte światło” to drugi album kwartetu Ćma i Gęślarze: dziewięć piosenek nagranych na setkę "
                "w dawnej łódzkiej przędzalni. Słychać w nich oddech chóru Źródło, trąbkę Józefa Święcha i podłogę, "
                "która pamięta krosna.\n\n"
                "Premiera 15 stycznia 2027. Winyl ma okładkę z linorytu i tylko 300 sztuk – zamów swój przed premierą. "
                "Link w bio.\n\n#ŻółteŚwiatło #folk #winyl",
                kept=True,
            ),
            ExampleText(
                "bluesky",
                "Dziewięć piosenek, jedna przędzalnia, zero dogrywek.\n\n„Żółte światło”, drugi album Ćmy i Gęślarzy, "
                "ukaże się 15 stycznia 2027. Na winylu 300 sztuk z okładką z linorytu. Zamów przed premierą:\n"
                "https://example.com/zolte-swiatlo #ŻółteŚwiatło",
            ),
            ExampleText(
                "youtube",
                "Ćma i Gęślarze wracają z drugim albumem. „Żółte światło” powstało na setkę w dawnej łódzkiej "
                "przędzalni: dziewięć piosenek, chór Źródło i trębacz Józef Święch.\n\n"
                "Premiera: 15 stycznia 2027\nWinyl, 300 sztuk, okładka z linorytu. Zamów przed premierą: "
                "https://example.com/zolte-swiatlo\n\n#ŻółteŚwiatło #folk #winyl",
                title="Ćma i Gęślarze – Żółte światło | album na setkę, premiera 15 stycznia",
            ),
        ),
    ),
    Example(
        "event-pl",
        EVENT_PL,
        0,
        (
            ExampleText(
                "facebook",
                "Jeden bilet, trzy koncerty i czytania, na które warto przyjść z notesem.\n\n"
                "Noc wydawców w Zajezdni już 11 grudnia: Wrocław, ul. Wąska 4, początek o 19.00. Tylko tego wieczoru "
                "książki i płyty kupisz z rabatem 20%.\n\nBilety: https://example.com/noc\n\n#NocWydawców #Wrocław",
            ),
            ExampleText(
                "facebook",
                "Przypomnienie dla tych, którzy odkładają bilety na potem: „potem” zaczyna się 11 grudnia o 19.00.\n\n"
                "Noc wydawców w Zajezdni, ul. Wąska 4 we Wrocławiu. Czytania, trzy koncerty i 20% rabatu na książki "
                "i płyty.\n\nKup bilet: https://example.com/noc #NocWydawców",
                position=2,
            ),
            ExampleText(
                "mastodon",
                "11 grudnia, 19.00, Zajezdnia, ul. Wąska 4, Wrocław: Noc wydawców. Czytania, trzy koncerty, "
                "jeden bilet. Książki i płyty z rabatem 20%, tylko tego wieczoru.\n\nBilety: https://example.com/noc\n\n"
                "#NocWydawców #Wrocław",
                kept=True,
            ),
            ExampleText(
                "mastodon",
                "Kto przyniesie do domu więcej: ci po płyty czy ci po książki? Sprawdzimy 11 grudnia w Zajezdni. Trzy "
                "koncerty, czytania i 20% rabatu. Początek o 19.00.\n\nhttps://example.com/noc #NocWydawców",
                position=2,
            ),
        ),
    ),
    Example(
        "book-en",
        BOOK_EN,
        2,
        (
            ExampleText(
                "x",
                "A novel in 26 entries, Anchor to Zenith. The Hel peninsula, 1938.\n\nThe Lighthouse Keeper’s Index by "
                "Maria Zawada, translated by Anna Lind, is out on February 11, 2027.\n\nPre-order a signed copy: "
                "https://example.com/lighthouse #BookLaunch",
                kept=True,
            ),
            ExampleText(
                "linkedin",
                "How do you keep a light, and a record, when everything around you is about to change?\n\n"
                "The Lighthouse Keeper’s Index by Maria Zawada is a novel in 26 entries, from Anchor to Zenith, set on "
                "the Hel peninsula in 1938. Anna Lind translated it from the Polish.\n\n"
                "Hardback, 288 pages, with a ribbon marker. Publication: February 11, 2027. Signed copies can be "
                "pre-ordered now: https://example.com/lighthouse\n\n#BookLaunch #LiteraryFiction",
            ),
            ExampleText(
                "threads",
                "26 entries. One lighthouse. The last summer but one.\n\nThe Lighthouse Keeper’s Index by Maria Zawada "
                "comes out on February 11, 2027. Signed copies: https://example.com/lighthouse #BookLaunch",
            ),
        ),
    ),
)
