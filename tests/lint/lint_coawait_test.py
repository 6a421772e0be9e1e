#!/usr/bin/env python3
"""Tests lint_coawait.py: every shape that g++ 12 breaks must be found, and every accepted shape pass."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import lint_coawait

GOOD = [
    "co_await f();",
    "co_await stream.async_handshake(client, try_await);",
    "auto x = co_await f(std::move(name), 3, \"text ? { [\");",
    "const auto [error, count] = co_await op(asio::buffer(text), try_await);",
    "Result<int> x = co_await f(values[i]);",
    "HttpResult<std::unique_ptr<Session>> x = co_await f(*session, deadline);",
    "const std::optional<Outcome> seen = co_await look();",
    "x = co_await f(a);",
    "x.member = co_await f(a);",
    "it->second = co_await f(a);",
    "co_return co_await f(std::string(\"x\"), nullptr);",
    "if (ready) {\n  co_await f();\n}",
    "for (;;) { auto v = co_await f(); use(v); }",
    "while (true) { const auto v = co_await f(); if (!v) break; }",
    "try { co_await f(); } catch (const E&) { }",
    "switch (x) { case A: co_await f(); break; default: co_await g(); }",
    "auto r = co_await read(ObjectRef(deployments(), space, name));",
    "auto lambda = [x](int y) { return x + y; };\nco_await f(lambda);",
    "Opts o{.name = \"x\"};\nco_await f(std::move(o));",
    "// if (co_await f()) is wrong\n/* throw co_await */ co_await f();",
    "const char* text = R\"(if (co_await f()))\";",
    "auto session = co_await (*pool).open(deadline);",
    "#define WAIT(x) if (co_await x)\n",
]

BAD = [
    "if (co_await f()) g();",
    "if (!co_await f()) { g(); }",
    "while (co_await f()) { }",
    "switch (co_await f()) { }",
    "for (auto x = co_await f(); x; ) { }",
    "for (auto& x : co_await f()) { }",
    "if (auto v = co_await f(); v) { }",
    "if (ready) co_await f();",
    "else co_await f();",
    "for (auto& x : v) co_await f(x);",
    "throw E(co_await f());",
    "g(co_await f());",
    "int x = 1 + co_await f();",
    "int x = co_await f() + 1;",
    "auto x = ready ? co_await f() : 0;",
    "auto x = co_await f(ready ? a : b);",
    "co_await f([x] { return x; });",
    "co_await f([](int x) { return x; });",
    "co_spawn(co_await this_coro::executor, [x] {}, detached);",
    "co_await f(Opts{.name = \"x\"});",
    "co_await f(std::array<std::string, 2>{a, b});",
    "co_await f({a, b});",
    "co_await f(Agg(\"x\", 1));",
    "Agg a{.name = co_await f()};",
    "v.push_back(Agg{co_await f()});",
    "opt = Agg{co_await f()};",
    "std::string s{co_await f()};",
    "std::string s(co_await f());",
    "auto x = fmt::format(\"{}\", co_await f());",
    "auto x = co_await f(co_await g());",
    "co_return Agg{co_await f()};",
    "return_value(co_await f());",
    "CHECK(co_await f() == 1);",
    "auto both = co_await (f() && Agg{x});",
]


def in_coroutine(snippet: str) -> str:
    return "Task<> coroutine() {\n  int local = 0;\n" + snippet + "\n}\n"


class Shapes(unittest.TestCase):
    def test_accepted_shapes_pass(self):
        for snippet in GOOD:
            with self.subTest(snippet):
                self.assertEqual(lint_coawait.problems_of(in_coroutine(snippet)), [])

    def test_broken_shapes_are_found_on_their_line(self):
        for snippet in BAD:
            with self.subTest(snippet):
                found = lint_coawait.problems_of(in_coroutine(snippet))
                self.assertTrue(found)
                self.assertEqual(found[0][0], 3)

    def test_a_header_of_a_function_is_no_statement(self):
        self.assertEqual(lint_coawait.problems_of("Task<int> f(int a) { co_return co_await g(a); }"), [])


class Program(unittest.TestCase):
    def run_on(self, text: str) -> subprocess.CompletedProcess:
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "x.cpp"
            source.write_text(text)
            return subprocess.run([sys.executable, lint_coawait.__file__, source], capture_output=True, text=True,
                                  check=False)

    def test_exit_codes_and_output(self):
        bad = self.run_on(in_coroutine("if (co_await f()) g();"))
        self.assertEqual(bad.returncode, 1)
        self.assertRegex(bad.stdout, r"^/.*/x\.cpp:3: co_await ")
        good = self.run_on(in_coroutine("co_await f();"))
        self.assertEqual((good.returncode, good.stdout), (0, ""))


if __name__ == "__main__":
    unittest.main()
