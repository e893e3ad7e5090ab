"""hypercorn on ::1, captured on the interface `any`: Linux cooked frames, IPv6."""

from captures.making.client import together
from captures.making.making import making

with making(__file__) as sample:
    sample.hypercorn(8000, host="::1")

    def ask(number: int) -> None:
        """Ask four times on one connection."""
        with sample.client(8000, host="::1") as connection:
            for target in (f"/item/{number}", "/stream", "/empty", f"/wait/{10 + number}"):
                connection.ask(target)

    with sample.capturing("-y", "LINUX_SLL2", interface="any"):
        together(4, ask)
    sample.keep("pcapng.gz")
    sample.expect(("hypercorn", 8000, "http1"))
