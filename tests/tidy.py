#!/usr/bin/env python3
"""The style, as a test: what docs/STYLE.md says and a program can check.

    tests/tidy.py [ROOT]       checks the tree; exit 1 where it finds something
    tests/tidy.py --self-test  plants one violation of each rule and sees that it is found
"""

import os
import re
import subprocess
import sys
import tempfile

# What each wing may include, besides itself. `store` never meets `codec`; `io` knows no store.
MAY_INCLUDE = {
    "base": [],
    "space": ["base"],
    "voxel": ["base", "space"],
    "analyze": ["base", "space", "voxel"],
    "store": ["base"],
    "peers": ["base"],
    "codec": ["base", "space", "voxel"],
    "decide": ["base", "space", "voxel", "codec", "analyze"],
    "model": ["base", "space", "voxel"],
    "io": ["base", "space", "voxel", "model"],
    "volume": ["base", "space", "voxel", "store", "codec", "model", "analyze", "decide"],
    "render": ["base", "space", "voxel", "codec", "model", "analyze", "decide", "volume"],
    "report": ["base", "space", "voxel", "codec", "model", "analyze", "decide", "volume", "render"],
    "cli": ["base", "space", "voxel", "store", "codec", "model", "io", "analyze", "decide", "volume", "render",
            "report", "peers"],
    "c": ["base", "space", "voxel", "volume"],
    "soak": ["base", "space", "voxel", "store", "volume"],
    "python": ["base", "space", "voxel", "codec", "io", "analyze", "decide", "volume"],
}
MAX_FILE_LINES = 450
WARN_FILE_LINES = 400
MAX_FUNCTION_LINES = 70

SOURCE = (".h", ".cc")
TEXT = SOURCE + (".py", ".md", ".cmake", ".txt", ".json", ".sh", ".in", ".supp")

# (pattern, where it is banned, what to do instead). Patterns see code without comments and strings.
EVERYWHERE = lambda f: True
LIBRARY = lambda f: f.wing not in (None, "cli", "soak") and not f.is_test
MODEL = lambda f: f.wing == "model" and not f.is_test
CLOCKLESS = lambda f: f.wing not in (None, "cli", "c")  # these two date what a user does
BANNED = [
    (r"\busing\s+namespace\s+std\b", EVERYWHERE, "name what you use"),
    (r"(?<![\w.>])s?rand\s*\(|\bstd::(mt19937|random_device|minstd_rand|default_random_engine)\b",
     EVERYWHERE, "use terrane::Random with a seed"),
    (r"\bstd::\w+_distribution\b", EVERYWHERE, "use terrane::Random: distributions differ by library"),
    (r"(?<![\w.>])time\s*\(\s*(nullptr|NULL|0)\s*\)", CLOCKLESS, "take a Clock"),
    (r"\bsystem_clock\b", CLOCKLESS, "take a Clock"),
    (r"\b(std::)?(getenv|setenv)\s*\(", LIBRARY, "take a setting"),
    (r"(?<![\w.>:])(std::|fmt::)?(printf|puts|fprintf)\s*\(|\bstd::(cout|cerr|clog)\b|\bfmt::print\b",
     LIBRARY, "libraries do not print: return it"),
    (r"\.detach\s*\(\s*\)", EVERYWHERE, "join your threads"),
    (r"\b(float|double|long\s+double)\b|<cmath>|<math\.h>|\bstd::(sqrt|pow|exp|log|sin|cos|tan|round|floor|ceil)\b",
     MODEL, "the model is integers only"),
    (r"\b(class|struct)\s+\w*(Manager|Helper|Utils?)\b", EVERYWHERE, "name what it is"),
]
# Split so that this file does not find itself.
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
OUTSIDE_PATH = re.compile(r"(?<![\w.$}])/(wo" + r"rk|tm" + r"p)(?=/|\b)")


class File:
    """A tracked file: its path from the root, text, and where it stands in the house."""

    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
            self.text = f.read()
        parts = path.split("/")
        self.wing = parts[1] if len(parts) > 2 and parts[0] == "terrane" else None
        self.is_source = path.endswith(SOURCE)
        stem = os.path.splitext(parts[-1])[0]
        self.is_test = stem.endswith(("_test", "_fuzz", "_benchmark", "_testing")) or parts[0] == "tests" or \
            stem in ("conformance", "golden")
        self.code = blank(self.text) if self.is_source else ""


class Findings:
    def __init__(self):
        self.errors, self.warnings = [], []

    def error(self, path, line, message):
        self.errors.append(f"{path}:{line}: {message}")

    def warn(self, path, line, message):
        self.warnings.append(f"{path}:{line}: {message}")


def blank(text, keep_comments=False):
    """C++ with comments, strings and characters as spaces: the same lines, nothing in them that misleads."""
    token = re.compile(
        r'(?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)'
        r'|(?P<raw>\bR"(?P<tag>[^()\\ ]*)\(.*?\)(?P=tag)")'
        r'|(?P<string>"(?:\\.|[^"\\\n])*")'
        r"|(?P<digits>\b\d[\w.]*(?:'\w+)+)"
        r"|(?P<char>'(?:\\.|[^'\\\n])+')", re.S)

    def spaces(match):
        if match.group("digits") or (keep_comments and match.group("comment")):
            return match.group(0)
        return re.sub(r"[^\n]", " ", match.group(0))

    return token.sub(spaces, text)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def includes(file):
    """(line number, path) of each quoted include."""
    for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', file.text, re.M):
        yield line_of(file.text, match.start()), match.group(1)


def check_arrows(files, found):
    """A wing meets only lower wings, in its sources and in what it links."""
    for file in files:
        if file.wing is None:
            continue
        if file.wing not in MAY_INCLUDE:
            found.error(file.path, 1, f"a wing that tests/tidy.py does not know: {file.wing}")
            continue
        allowed = MAY_INCLUDE[file.wing] + [file.wing]
        if file.is_source:
            met = [(n, p.split("/")[1]) for n, p in includes(file) if p.startswith("terrane/") and p.count("/") > 1]
        elif file.path.endswith("CMakeLists.txt"):
            met = [(line_of(file.text, m.start()), m.group(1)) for m in re.finditer(r"\bterrane::(\w+)", file.text)]
        else:
            continue
        for line, wing in met:
            if wing not in allowed:
                found.error(file.path, line, f"{file.wing} may not meet {wing} (docs/ARCHITECTURE.md)")


def check_circles(files, found):
    """No header includes itself by way of others."""
    graph = {f.path: [p for _, p in includes(f)] for f in files if f.path.endswith(".h")}
    state = {}

    def walk(path, trail):
        state[path] = "open"
        for to in graph.get(path, []):
            if state.get(to) == "open":
                found.error(path, 1, "a circle of includes: " + " -> ".join(trail[trail.index(to):] + [to]))
            elif to not in state:
                walk(to, trail + [to])
        state[path] = "done"

    for path in graph:
        if path not in state:
            walk(path, [path])


def named_types(code):
    """(line, qualified name) of each type with a body in a named namespace. `code` is blank()ed."""
    code = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), code, flags=re.M)
    scopes, head = [], 0  # of each open brace: its namespace, or None where it is something else
    for at, ch in ((m.start(), m.group(0)) for m in re.finditer(r"[{};]", code)):
        if ch == "{":
            text = code[head:at]
            space = re.match(r"\s*(?:inline\s+)?namespace\b\s*([\w:]*)\s*$", text)
            kind = re.match(r"\s*(?:template\s*<.*>\s*)?(?:struct|class|union|enum(?:\s+class)?)\s+(?:\[\[\w+\]\]\s*)?"
                            r"(\w+)\s*(?:final\s*)?(?::[^:].*)?$", text, re.S)
            if kind and all(scopes):
                yield line_of(code, head + len(text) - len(text.lstrip())), "::".join([*scopes, kind.group(1)])
            scopes.append(space.group(1) if space else None)
        elif ch == "}" and scopes:
            scopes.pop()
        head = at + 1


def check_one_type_a_name(files, found):
    """A name means one type: two of the same qualified name in one program are undefined behaviour that no linker sees."""
    first = {}
    for file in files:
        for line, name in named_types(file.code) if file.wing else ():
            if name in first:
                found.error(file.path, line, f"{name} is another type in {first[name]}: name one of them anew")
            else:
                first[name] = f"{file.path}:{line}"


def check_file_length(files, found):
    for file in files:
        if not file.is_source and not file.path.endswith((".py", ".sh")):
            continue
        lines = file.text.count("\n")
        if lines > MAX_FILE_LINES:
            found.error(file.path, lines, f"{lines} lines; at most {MAX_FILE_LINES}: split it by what it is about")
        elif lines > WARN_FILE_LINES:
            found.warn(file.path, lines, f"{lines} lines; better below {WARN_FILE_LINES}")


def functions(code):
    """(first line, last line) of each function body's owner, by its braces. `code` is blank()ed."""
    code = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), code, flags=re.M)
    stack = []  # True for each open brace that begins a function
    inside = 0  # how many of them
    head, start = 0, 0
    for at, ch in ((m.start(), m.group(0)) for m in re.finditer(r"[{};]", code)):
        if ch == "{":
            text = code[head:at]
            is_function = False
            if not inside:
                bare = re.sub(r"\b(requires|alignas|decltype|noexcept|__attribute__)\s*\(", " (", text)
                scope = re.match(r"\s*(\[\[.*?\]\]\s*)*(template\s*<.*>\s*)?(inline\s+)?(namespace|class|struct|union|enum|extern)\b",
                                 bare, re.S)
                is_function = "(" in bare and not scope and not re.search(r"=\s*$", bare)
                start = head + len(text) - len(text.lstrip())
            stack.append((is_function, start))
            inside += is_function
        elif ch == "}":
            if not stack:
                yield None
                return
            is_function, first = stack.pop()
            if is_function:
                inside -= 1
                yield line_of(code, first), line_of(code, at)
        if not inside or ch != "{":
            head = at + 1
    if stack:
        yield None


def check_function_length(files, found):
    for file in files:
        if not file.is_source:
            continue
        for span in functions(file.code):
            if span is None:
                found.warn(file.path, 1, "its braces do not balance to a simple reader: function lengths unchecked")
            elif span[1] - span[0] + 1 > MAX_FUNCTION_LINES:
                found.error(file.path, span[0],
                            f"a function of {span[1] - span[0] + 1} lines; at most {MAX_FUNCTION_LINES}")


def check_banned(files, found):
    for file in files:
        if file.is_source:
            for pattern, where, instead in BANNED:
                if where(file):
                    for match in re.finditer(pattern, file.code):
                        found.error(file.path, line_of(file.code, match.start()),
                                    f"`{' '.join(match.group(0).split())}`: {instead}")
            if re.search(r"(manager|helper|utils?)\.(h|cc)$", file.path):
                found.error(file.path, 1, "a file is named for what is in it")
        for number, line in enumerate(file.text.split("\n"), 1):
            if UNFINISHED.search(line):
                found.error(file.path, number, "unfinished: do it, or file an issue")
            if OUTSIDE_PATH.search(line) and "mktemp" not in line and file.path != "LICENSE":
                found.error(file.path, number, "a path of one machine: take it as an argument, or mktemp")


def check_headers(files, found):
    """Headers guard themselves, and their classes say what they promise."""
    for file in files:
        if not file.path.endswith(".h"):
            continue
        if not re.match(r"(\s*//[^\n]*\n)*\s*#pragma once\b", file.text):
            found.error(file.path, 1, "a header begins with #pragma once")
        commented = blank(file.text, keep_comments=True)
        for match in re.finditer(r"^class\s+(?:\[\[\w+\]\]\s*)?(\w+)\s*(final\s*)?(:[^:{;][^{;]*)?\{", file.code, re.M):
            if match.group(3):
                continue  # the contract is that of its base
            before = commented[:match.start()].rstrip("\n").split("\n")
            while before and re.match(r"\s*(template\b|requires\b)", before[-1]):
                before.pop()
            comments = "\n".join(line for line in before if line.lstrip().startswith("//"))
            if not (before and before[-1].startswith("//")) and not re.search(rf"\b{match.group(1)}\b", comments):
                found.error(file.path, line_of(file.code, match.start()),
                            f"class {match.group(1)} has no contract: meaning, threads, ownership, limits")


def check_links(files, found, root):
    """What the documents point to is there."""
    for file in files:
        if not file.path.endswith(".md"):
            continue
        prose = re.sub(r"```.*?```", lambda m: re.sub(r"[^\n]", " ", m.group(0)), file.text, flags=re.S)
        for match in re.finditer(r"\]\(([^)\s]+)\)|<img[^>]*\bsrc=\"([^\"]+)\"", prose):
            target = (match.group(1) or match.group(2)).split("#")[0]
            if not target or re.match(r"[a-z]+:", target):
                continue
            if not os.path.exists(os.path.join(root, os.path.dirname(file.path), target)):
                found.error(file.path, line_of(prose, match.start()), f"points to {target}, which is not there")


def tracked(root):
    """Paths of the tracked and the new files; all but build/ where git is not to be had."""
    try:
        out = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, check=True).stdout.decode()
        paths = [p for p in out.split("\0") if p]
    except (OSError, subprocess.CalledProcessError):
        paths = []
        for folder, folders, names in os.walk(root):
            folders[:] = [d for d in folders if d not in (".git", "build", ".cache")]
            paths += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return sorted(p for p in paths if os.path.isfile(os.path.join(root, p)))


def check_tree(root):
    paths = tracked(root)
    files = [File(root, p) for p in paths if p.endswith(TEXT) or is_script(root, p)]
    found = Findings()
    check_arrows(files, found)
    check_circles(files, found)
    check_one_type_a_name(files, found)
    check_file_length(files, found)
    check_function_length(files, found)
    check_banned(files, found)
    check_headers(files, found)
    check_links(files, found, root)
    return found, len(files)


def is_script(root, path):
    if "." in os.path.basename(path):
        return False
    with open(os.path.join(root, path), "rb") as f:
        return f.read(2) == b"#!"


# (what it breaks, file, its text, a part of the message). Each must be found, and nothing else.
HEAD = "#pragma once\n"
PLANTED = [
    ("arrow", "terrane/store/a.cc", '#include "terrane/codec/codec.h"\n', "store may not meet codec"),
    ("arrow in tests", "terrane/model/a_test.cc", '#include "terrane/volume/volume.h"\n', "model may not meet volume"),
    ("arrow in links", "terrane/io/CMakeLists.txt", "terrane_wing(NAME io PUBLIC_LINK terrane::volume)\n", "io may not meet volume"),
    ("unknown wing", "terrane/attic/a.cc", "int a;\n", "does not know"),
    ("file length", "terrane/base/a.cc", "int a;\n" * 451, "451 lines"),
    ("function length", "terrane/base/a.cc", "int f() {\n" + "  g();\n" * 69 + "}\n", "function of 71 lines"),
    ("method length", "terrane/base/a.cc", "namespace a {\nstruct S {\n  S() : b_(1) {\n" + "  if (a) { b(); }\n" * 69 + "  }\n};\n}\n",
     "function of 71 lines"),
    ("test length", "terrane/base/a_test.cc", "TEST(A, B) {\n" + "  g('{');\n" * 69 + "}\n", "function of 71 lines"),
    ("using", "terrane/cli/a.cc", "using namespace std;\n", "name what you use"),
    ("rand", "terrane/base/a_test.cc", "int a = rand();\n", "Random"),
    ("mt19937", "tests/a.cc", "std::mt19937 gen;\n", "Random"),
    ("distribution", "tests/a.cc", "std::uniform_int_distribution<int> d;\n", "Random"),
    ("time", "terrane/volume/a.cc", "auto t = time(nullptr);\n", "Clock"),
    ("system clock", "terrane/volume/a.cc", "auto t = std::chrono::system_clock::now();\n", "Clock"),
    ("print", "terrane/io/a.cc", "void f() { std::cout << 1; }\n", "do not print"),
    ("printf", "terrane/io/a.cc", "void f() { printf(\"a\"); }\n", "do not print"),
    ("environment", "terrane/io/a.cc", "auto a = std::getenv(\"A\");\n", "setting"),
    ("detach", "terrane/base/a.cc", "void f() { t.detach(); }\n", "join"),
    ("float in model", "terrane/model/a.cc", "float a;\n", "integers only"),
    ("libm in model", "terrane/model/a.h", HEAD + "#include <cmath>\n", "integers only"),
    ("class name", "terrane/base/a.cc", "class BrickManager;\n", "name what it is"),
    ("file name", "terrane/base/brick_utils.cc", "int a;\n", "named for"),
    ("unfinished", "docs/a.md", "TO" + "DO: write\n", "unfinished"),
    ("machine path", "tests/a.cc", 'auto p = "/tm' + 'p/a";\n', "path of one machine"),
    ("pragma", "terrane/base/a.h", "int a;\n", "pragma once"),
    ("contract", "terrane/base/a.h", HEAD + "\nclass Brick {\n};\n", "no contract"),
    ("link", "docs/a.md", "See [b](b.md).\n", "points to b.md"),
    ("picture", "README.md", "![b](docs/pictures/b.png)\n", "points to docs/pictures/b.png"),
]
CLEAN = [
    ("terrane/base/a.h", HEAD + "// A brick.\ntemplate <class T>\nclass Brick {\n};\nclass Wall;\nclass Clay final : public Brick<int> {\n};\n"),
    ("terrane/volume/a.cc", '#include "terrane/store/a.h"\n// std::cout, rand()\nauto s = "printf(";\nint n = 1\'000;\nauto r = R"({"a": 1)";\n'
     + 'char c = \'"\';\nvoid f() { snprintf(s); node.time(0); operand(1); }\n'),
    ("terrane/cli/a.cc", "int main() { printf(\"a\"); }\nint table[] = {\n" + "  1,\n" * 100 + "};\n"),
    ("terrane/model/a_test.cc", "double seconds = 0;\n"),
    ("docs/a.md", "See [b](../README.md#b), [c](https://example.org) and\n```\n[d](d.md)\n```\n"),
    ("README.md", "# a\n"),
    ("scripts/a", "#!/bin/sh\ndir=$(mktemp -d /tm" + "p/a.XXXX)\n"),
]


def self_test():
    failed = []

    def run(files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files:
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                    f.write(text)
            return check_tree(root)[0]

    clean = run(CLEAN)
    if clean.errors or clean.warnings:
        failed.append(f"clean tree: {clean.errors + clean.warnings}")
    for what, path, text, message in PLANTED:
        errors = run([(path, text)]).errors
        if len(errors) != 1 or message not in errors[0]:
            failed.append(f"{what}: wanted one finding with `{message}`, got {errors}")
    circle = run([("terrane/base/a.h", HEAD + '#include "terrane/base/b.h"\n'),
                  ("terrane/base/b.h", HEAD + '#include "terrane/base/a.h"\n')]).errors
    if len(circle) != 1 or "circle" not in circle[0]:
        failed.append(f"circle: {circle}")
    inside = "namespace terrane {\n%sstruct Rock : Base {\n  struct Cell {};\n};\n%s}\n"
    alone = inside % ("namespace {\n", "}\n")
    twice = run([("terrane/base/a.cc", inside % ("", "")), ("terrane/io/a.h", HEAD + inside % ("", "")),
                 ("terrane/io/b.cc", alone), ("terrane/io/c.cc", alone)]).errors
    if len(twice) != 1 or "terrane::Rock is another type in terrane/base/a.cc:2" not in twice[0]:
        failed.append(f"one type a name: {twice}")
    for line in failed:
        print(line)
    print(f"tidy self-test: {len(PLANTED) + 3 - len(failed)} rules hold, {len(failed)} do not")
    return 1 if failed else 0


def main(args):
    if args == ["--self-test"]:
        return self_test()
    root = args[0] if args else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    found, count = check_tree(root)
    for line in found.warnings:
        print("warning:", line)
    for line in found.errors:
        print(line)
    print(f"tidy: {count} files, {len(found.errors)} errors, {len(found.warnings)} warnings")
    return 1 if found.errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
