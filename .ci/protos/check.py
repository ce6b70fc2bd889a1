"""Every message, field and value of our subset of Envoy's protocol is in Envoy's own protos, with the same number and type.
Usage: check.py OURS THEIRS, two folders with .proto files."""
import pathlib, re, sys

FIELD = re.compile(r"^(repeated |optional )?((?:map<[^>]*>)|[.\w]+) (\w+) = (\d+)$")
VALUE = re.compile(r"^(\w+) = (-?\d+)$")
OPEN = re.compile(r"^(message|enum|oneof|service|extend) ([.\w]+)$")
RPC = re.compile(r"^rpc (\w+)\((stream )?([.\w]+)\) returns \((stream )?([.\w]+)\)$")


def plain(text):
    """Without comments, strings and options, which do not reach the wire."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r'"(\\.|[^"\\])*"', '""', text)
    depth, out = 0, []
    for character in text:
        depth += character == "["
        if depth == 0:
            out.append(character)
        depth -= character == "]"
    return "".join(out)


def read(folder):
    """Names with all that is above them → what they are."""
    found = {}
    for file in sorted(pathlib.Path(folder).rglob("*.proto")):
        package, stack = "", []
        for statement in re.findall(r"[^;{}]*[;{}]", plain(file.read_text(encoding="utf-8"))):
            words, end = " ".join(statement[:-1].split()), statement[-1]
            words = words.replace("( ", "(").replace(" )", ")").replace("map <", "map<").replace(" (", "(").replace("returns(", "returns (")
            names = [name for kind, name in stack if kind in ("message", "enum", "service")]
            if end == ";" and words.startswith("package "):
                package = words.split()[1]
            elif end == ";" and stack and stack[-1][0] in ("message", "oneof") and FIELD.match(words):
                label, kind, name, number = FIELD.match(words).groups()
                one_of = stack[-1][1] if stack[-1][0] == "oneof" else ""
                kind = ", ".join(part.rsplit(".", 1)[-1].strip() for part in kind.strip("map<>").split(",")) if kind.startswith("map") else kind.rsplit(".", 1)[-1]
                found[".".join([package, *names, name])] = (int(number), (label or "").strip(), kind, one_of)
            elif end == ";" and stack and stack[-1][0] == "enum" and VALUE.match(words):
                name, number = VALUE.match(words).groups()
                found[".".join([package, *names, name])] = (int(number),)
            elif RPC.match(words):
                name, asks, request, answers, response = RPC.match(words).groups()
                found[".".join([package, *names, name])] = (bool(asks), request.rsplit(".", 1)[-1], bool(answers), response.rsplit(".", 1)[-1])
                if end == "{":
                    stack.append(("rpc", name))
            elif end == "{":
                kind, name = OPEN.match(words).groups() if OPEN.match(words) else ("other", words)
                stack.append((kind, name))
            elif end == "}" and stack:
                stack.pop()
    return found


ours, theirs = read(sys.argv[1]), read(sys.argv[2])
bad = [f"{name}: {what}, Envoy: {theirs.get(name, 'nothing')}" for name, what in ours.items() if theirs.get(name) != what]
print("\n".join(bad))
if bad or len(ours) < 50 or len(theirs) < 1000:
    sys.exit(f"{len(bad)} of {len(ours)} differ from Envoy's {len(theirs)}")
print(f"{len(ours)} fields, values and methods are Envoy's own")
