#!/usr/bin/env python3
"""Holds co_await to the shapes that g++ 12 compiles rightly; docs/coroutines.md says which and why.

Usage: lint_coawait.py FILE...   Prints "file:line: message" for each breach; exit 1 when there is one.

It reads tokens, not C++: it may refuse what happens to work, and never needs to know more than one statement.
"""
import pathlib
import re
import sys

# A comment, a literal, or else. Raw strings first: they may hold quotes and comment signs.
LITERAL = re.compile(
    r'R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
    re.S)
TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.']*|::|->|&&|\|\||==|!=|<=|>=|[^\s\w]")

NAME = r"[A-Za-z_]\w*"
# What may stand before co_await in its statement: nothing; a declaration with "="; an assignment; co_return.
DECLARATION = re.compile(rf"(?:(?:const|auto|static_cast|{NAME}|::|<|>|,|&|\*) )*(?:{NAME}|\[ {NAME}(?: , {NAME})* \]) = $")
ASSIGNMENT = re.compile(rf"(?:\* )?{NAME}(?: (?:\.|->|::) {NAME})* = $")
# Statements that may stand before ours without a semicolon: labels, and the end of a condition.
LABEL = re.compile(rf"^(?:(?:case [\w: ]+|default) : )+")
CONTROL = {"if", "while", "for", "switch"}


def blank_literals(text: str) -> str:
    """Comments become spaces and literals 0, with every newline kept."""
    def blank(match: re.Match) -> str:
        literal = match.group(0)
        lines = "\n" * literal.count("\n")
        if literal.startswith(("//", "/*")):
            return " " + lines
        return " 0 " + lines
    text = LITERAL.sub(blank, text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.M)


def tokens_of(text: str) -> list[tuple[str, int]]:
    tokens, line, at = [], 1, 0
    for match in TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        tokens.append((match.group(0), line))
    return tokens


def statement_start(tokens: list[tuple[str, int]], at: int) -> int:
    """Index of the first token of the statement that holds tokens[at]: after the last ; { } outside of ( and [."""
    depth = 0
    for index in range(at - 1, -1, -1):
        token = tokens[index][0]
        if token in ")]":
            depth += 1
        elif token in "([":
            depth -= 1
        elif token in ("{", "}", ";") and depth <= 0:
            # A brace list is part of its expression; a block is not.
            return index + 1
    return 0


def statement_end(tokens: list[tuple[str, int]], at: int) -> int:
    """Index of the semicolon that ends the expression after tokens[at], or of what ends it wrongly."""
    depth = 0
    for index in range(at + 1, len(tokens)):
        token = tokens[index][0]
        if token in ("(", "[", "{"):
            depth += 1
        elif token in (")", "]", "}"):
            depth -= 1
            if depth < 0:
                return index
        elif token == ";" and depth == 0:
            return index
    return len(tokens)


def operand_problem(operand: list[str]) -> str:
    """What is wrong with the words between co_await and the semicolon; "" when nothing is."""
    if "?" in operand:
        return "?: in the same statement"
    if "{" in operand:
        return "braces in the same statement"
    if "co_await" in operand:
        return "two co_await in one statement"
    for before, token in zip([""] + operand, operand):
        # An index follows a name or a closing bracket; a lambda's capture does not.
        if token == "[" and not re.fullmatch(rf"{NAME}|\)|\]", before):
            return "a lambda in the same statement"
    for before, token, after in zip([""] + operand, operand, operand[1:]):
        if after == "(" and re.fullmatch(r"[A-Z]\w*", token) and before != "." and token not in CONSTRUCTED:
            return f"{token}(…) may be an aggregate; give it a name first"
    # Only the call itself may follow: "co_await f(x) + 1" is another shape.
    depth = 0
    for token in operand:
        depth += token in ("(", "[")
        depth -= token in (")", "]")
        if depth == 0 and token in ("+", "/", "%", "==", "!=", "<=", ">=", "||", "&&", "?", ",", "|"):
            return f"co_await is part of a larger expression ({token})"
    return ""


# CamelCase classes with constructors of their own that may be made beside co_await.
CONSTRUCTED = {"ObjectRef"}


def problem_at(tokens: list[tuple[str, int]], at: int) -> str:
    start, end = statement_start(tokens, at), statement_end(tokens, at)
    before = [token for token, _ in tokens[start:at]]
    if end == len(tokens) or tokens[end][0] != ";":
        return "inside parentheses or braces; give the result a name first"
    if before and before[0] in CONTROL | {"do", "else"}:
        return f"after {before[0]} without a block of its own, or in its condition"
    if "throw" in before:
        return "in a throw"
    text = LABEL.sub("", "".join(token + " " for token in before))
    if "(" in before and not re.match(r"auto ", text):
        return "inside a call or a condition; give the result a name first"
    allowed = text in ("", "co_return ") or ASSIGNMENT.match(text) or DECLARATION.match(text)
    if not allowed:
        return "only as a statement, as `x = co_await f(…);`, as a named local's initialiser, or after co_return"
    return operand_problem([token for token, _ in tokens[at + 1:end]])


def problems_of(text: str) -> list[tuple[int, str]]:
    tokens = tokens_of(blank_literals(text))
    found = []
    for at, (token, line) in enumerate(tokens):
        if token == "co_await" and (at == 0 or tokens[at - 1][0] != "operator"):
            problem = problem_at(tokens, at)
            if problem:
                found.append((line, "co_await " + problem))
    return found


def main(paths: list[str]) -> int:
    breaches = 0
    for path in paths:
        for line, message in problems_of(pathlib.Path(path).read_text(encoding="utf-8")):
            print(f"{path}:{line}: {message}")
            breaches += 1
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
