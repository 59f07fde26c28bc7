"""The table, as text and in docs/performance.md, and the ratios that are kept to compare with."""
import datetime
import json
import re
from statistics import median

import machine
import programs
from programs import HERE, ROOT
from results import FLOORS, GRPC_PEERS, number, span, spread
from targets import TARGETS

RATIOS = HERE / "ratios.json"
PAGE = ROOT / "docs/performance.md"
WORSE = 1.10  # than the kept ratio: worth a look
COLUMNS = ("case", "unit", "heddle", "floor", "tonic", "nghttpd", "best other", "× floor", "× tonic", "× best",
           "target", "measured", "")


BUILD_COLUMNS = ("greeter server", "unit", "heddle", "grpc++", "target", "measured", "")


def _is_build(key):
    return key.startswith("build-")


def _other_peers(row):
    others = [n for n in GRPC_PEERS if n != "tonic" and row.figures.get(n)]
    best = min(others, key=lambda n: median(row.figures[n]), default=None)
    return f"{number(median(row.figures[best]))} {best}" if best else ""


def lines_of(row):
    """One list of cells for the row, and one for each further target of it."""
    def cost(name):
        values = spread(row.figures.get(name) or [])
        return span(values) if values else ""

    def middle(name):
        values = row.figures.get(name) if name else None
        return number(median(values)) if values else ""

    def times(whom):
        ratio = row.ratio("heddle", whom)
        return number(ratio[1]) if ratio else ""

    first = [row.title, row.unit, cost("heddle")]
    if _is_build(row.key):
        first.append(middle("grpcpp"))
    else:
        first += [middle(row.name_of("floor")), middle("tonic"), middle("nghttpd"), _other_peers(row), times("floor"),
                  times("tonic"), times("best")]
    lines = []
    for target in TARGETS.get(row.key, ()):
        bound, measured, met = target.judge(row)
        own = cost(target.subject) if target.subject != "heddle" else ""
        head = first if not lines else [f"… {target.subject}" if own else "", "", own, *[""] * (len(first) - 3)]
        lines.append([*head, bound, measured, {True: "met", False: "not met", None: "–"}[met]])
    return lines or [[*first, "", "", ""]]


def text_table(rows):
    """Without the columns in which nobody has anything."""
    columns = BUILD_COLUMNS if rows and _is_build(rows[0].key) else COLUMNS
    lines = [line for row in rows for line in lines_of(row)]
    filled = [i for i in range(len(columns)) if any(line[i] for line in lines)]
    lines = [[line[i] for i in filled] for line in (columns, *lines)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(filled))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def _markdown(lines, columns):
    return "\n".join(["| " + " | ".join(cells) + " |" for cells in (columns, ["---"] * len(columns), *lines)])


def page_section(mark, columns, lines, note):
    """Puts a table between `<!-- bench MARK -->` and `<!-- end -->` of docs/performance.md."""
    text = PAGE.read_text()
    section = f"<!-- bench {mark} -->\n{note}\n\n{_markdown(lines, columns)}\n<!-- end -->"
    pattern = rf"<!-- bench {mark} -->.*?<!-- end -->"
    if not re.search(pattern, text, re.S):
        raise RuntimeError(f"{PAGE} has no <!-- bench {mark} -->")
    PAGE.write_text(re.sub(pattern, lambda _: section, text, count=1, flags=re.S))


def _kept(row):
    """What is kept of a row: ratios to whomever there is; figures that are targets by themselves."""
    ratios = {}
    for subject in (n for n in row.figures if n.startswith("heddle")):
        for whom in ("tonic", "best", "nghttpd", "floor", "grpcpp", "heddle"):
            if whom != subject and (ratio := row.ratio(subject, whom)) is not None:
                ratios[f"{subject} / {whom}"] = round(ratio[1], 4)
        if any(target.whom is None for target in TARGETS.get(row.key, ())):
            ratios[f"{subject}, {row.unit}"] = round(median(row.figures[subject]), 4)
    return ratios


def load_kept():
    return json.loads(RATIOS.read_text()) if RATIOS.exists() else {"rows": {}}


def _json(kept):
    """A row a line, so that differences can be read."""
    rows = (f"  {json.dumps(key)}: {json.dumps(row, ensure_ascii=False)}" for key, row in kept["rows"].items())
    return f'{{"machine": {json.dumps(kept["machine"])}, "rows": {{\n' + ",\n".join(rows) + "\n}}"


def compare(rows):
    """Prints what is worse than what was kept; true if something is."""
    kept, worse = load_kept()["rows"], []
    for row in rows:
        before = kept.get(row.key, {}).get("ratios", {})
        for name, now in _kept(row).items():
            if name in before and now > before[name] * WORSE:
                worse.append(f"{row.key}: {name} was {number(before[name])}, is {number(now)}")
    print("\n".join(worse) if worse else f"nothing is more than {WORSE - 1:.0%} worse than what {RATIOS.name} has")
    return bool(worse)


def record(rows):
    """Keeps the ratios of these rows, and writes the table of all rows that are kept."""
    kept = load_kept()
    date = datetime.date.today().isoformat()
    order = list(TARGETS)
    for row in rows:
        kept["rows"][row.key] = {"date": date, "ratios": _kept(row), "lines": lines_of(row)}
    keys = sorted(kept["rows"], key=lambda k: (order.index(k) if k in order else len(order), k))
    kept = {"machine": machine.describe(), "rows": {key: kept["rows"][key] for key in keys}}
    RATIOS.write_text(_json(kept) + "\n")
    for mark, columns, command in (("table", COLUMNS, "--all"), ("build", BUILD_COLUMNS, "--build")):
        shown = [kept["rows"][key] for key in keys if _is_build(key) == (mark == "build")]
        if shown:
            dates = " to ".join(sorted({min(row["date"] for row in shown), max(row["date"] for row in shown)}))
            note = (f"`./dev bench {command} --record`, {dates}, {kept['machine']}. {programs.versions()}. "
                    "In parentheses: the least and the most of the rounds.")
            page_section(mark, list(columns), [line for row in shown for line in row["lines"]], note)
    print(f"written: {RATIOS.relative_to(ROOT)}, {PAGE.relative_to(ROOT)}")


def figures(row):
    """A row in full while the run goes on: least – median – most of each program."""
    names = sorted(row.figures, key=lambda n: (not n.startswith("heddle"), n in FLOORS))
    width = max(map(len, names), default=0)
    lines = [f"{row.title}, {row.unit}" + "".join(f"; {note}" for note in row.notes)
             + (f"; others used up to {row.noise:.2f} of a core" if row.noise > 0.05 else "")]
    for name in names:
        if row.figures[name]:
            least, middle, most = spread(row.figures[name])
            lines.append(f"    {name.ljust(width)}  {number(least)} – {number(middle)} – {number(most)}")
    return "\n".join(lines)
