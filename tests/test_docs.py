"""Every command, option, variable, path, address, link and test that the documentation names exists.

The reference pages are compared with the code in both directions, so they must also name everything in the code.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.urls import URLPattern, URLResolver, get_resolver
from modeltranslation.translator import translator

from articles.kinds import Kind
from articles.models import Article, Author, Picture, Topic, Update
from liveblog import __version__, metrics
from liveblog import settings as settings_module
from liveblog.delivery import websocket
from liveblog.languages import SHIPPED
from liveblog.newsroom import presence
from liveblog.roles import ROLES
from tests import fork_server, programs
from tests.server import ROOT

TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
REFERENCE = "docs/reference"

#: Django's commands that the docs may name.
OF_DJANGO = {"clearsessions", "migrate", "makemigrations", "collectstatic", "createsuperuser", "check", "shell"}

#: Variables that are not settings of the server but of tools.
OF_TOOLS = {"PORT", "BENCH", "UPGRADE", "SOAK", "CHROMIUM", "PGOPTIONS", "HTTPS_PROXY"}


def pages() -> list[str]:
    found = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
    return [*(name for name in TOP if (ROOT / name).exists()), *found]


PAGES = pages()
# The name "page" belongs to a fixture of pytest-playwright.
each_document = pytest.mark.parametrize("document", PAGES)


@cache
def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def without_fences(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.DOTALL | re.MULTILINE)


def code_spans(page: str) -> list[str]:
    """Return the texts between backticks, without code blocks."""
    text = without_fences(text_of(page))
    assert text.count("`") % 2 == 0, f"{page} has a backtick too many"
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]


def shell_lines(page: str) -> list[str]:
    """Return the lines of the shell code blocks."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", text_of(page), re.DOTALL | re.MULTILINE)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def rows(page: str, section: str = "") -> list[list[str]]:
    """Return the cells of all table rows of a page, or of one of its sections."""
    text = text_of(page)
    if section:
        match = re.search(rf"^#+ {re.escape(section)}\n(.*?)(?=^#|\Z)", text, re.DOTALL | re.MULTILINE)
        assert match, f"{page} has no section {section}"
        text = match[1]
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("|--")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def named(page: str, section: str = "") -> list[str]:
    """Return the names in backticks in the first cell of each row."""
    return [name for cells in rows(page, section) for name in re.findall(r"`([^`]+)`", cells[0])]


# Links ----------------------------------------------------------------------------------------------------------------


def anchors(page: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", without_fences(text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: str) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", without_fences(text_of(page))):
        if not re.match(r"[a-z]+:", target):
            yield target


@each_document
def test_every_link_has_a_target(document: str) -> None:
    for target in links(document):
        name, _, anchor = target.partition("#")
        path = (ROOT / document).parent / name if name else ROOT / document
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path.resolve().relative_to(ROOT).as_posix()), target


def test_every_page_can_be_reached_from_the_index() -> None:
    reached, todo = set(), ["README.md"]
    while todo:
        page = todo.pop()
        if page in reached or not page.endswith(".md"):
            continue
        reached.add(page)
        here = (ROOT / page).parent
        targets = [(here / target.partition("#")[0]).resolve() for target in links(page)]
        todo += [target.relative_to(ROOT).as_posix() for target in targets]
    assert reached >= set(PAGES)


@pytest.mark.parametrize("document", [name for name in PAGES if re.fullmatch(r"docs/decisions/(?!README).*", name)])
def test_every_decision_says_why(document: str) -> None:
    assert [line for line in text_of(document).splitlines() if line.startswith("## ")] == [
        "## Context",
        "## Decision",
        "## Consequences",
    ]


# Commands -------------------------------------------------------------------------------------------------------------


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def benchmarks() -> set[str]:
    return set(re.findall(r'^    "(\w+)": ', (ROOT / "bench/__main__.py").read_text(encoding="utf-8"), re.MULTILINE))


def our_commands() -> set[str]:
    ours = {"articles", "comments", "liveblog"}
    return {name for name, app in get_commands().items() if app in ours}


def parser_of(command: str) -> argparse.ArgumentParser:
    app: Any = get_commands()[command]
    return load_command_class(app, command).create_parser("manage.py", command)


def options_of(command: str) -> set[str]:
    plain = {"--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color"}
    plain |= {"--force-color", "--skip-checks"}
    known = {option for action in parser_of(command)._actions for option in action.option_strings}
    return {option for option in known if option.startswith("--")} - plain


def words_of(line: str) -> list[str]:
    """Return the words of a command, without preceding variables and following commands."""
    words = shlex.split(re.split(r"\s+#|\s*(?:&&|;)\s*", line)[0])
    while words and re.match(r"[A-Z_]+=", words[0]):
        words.pop(0)
    return words


def command_lines(page: str) -> list[list[str]]:
    lines = shell_lines(page) + [span for span in code_spans(page) if re.search(r"\b(make|manage\.py|scripts/)", span)]
    return [words for words in map(words_of, lines) if words]


@each_document
def test_every_command_exists_and_takes_these_arguments(document: str) -> None:
    for words in command_lines(document):
        if words[0] == "make":
            assert {word for word in words[1:] if "=" not in word} <= targets(), words
            named_benchmarks = [word.removeprefix("BENCH=").split()[0] for word in words if word.startswith("BENCH=")]
            assert set(named_benchmarks) <= benchmarks(), words
        elif "manage.py" in words:
            arguments = words[words.index("manage.py") + 1 :]
            assert arguments, words
            check_arguments(*arguments)
        elif words[0].startswith("scripts/"):
            assert os.access(ROOT / words[0], os.R_OK if words[0].endswith(".py") else os.X_OK), words


def check_arguments(command: str, *arguments: str) -> None:
    assert command in our_commands() | OF_DJANGO, command
    parser = parser_of(command)
    # "manage.py replay" names a command; "manage.py replay SLUG" has to be complete.
    if not arguments:
        return
    options = {word for word in arguments if word.startswith("--")}
    assert options <= options_of(command) | {"--noinput"}, (command, options)
    if "…" not in arguments:
        parser.parse_args(list(arguments))


@each_document
def test_no_page_tells_readers_to_reverse_a_migration(document: str) -> None:
    # Django also reverses every later migration, and deletes the data in their tables and columns.
    for words in command_lines(document):
        assert not ("migrate" in words and any(re.fullmatch(r"\d{4}.*|zero", word) for word in words)), words


@pytest.mark.parametrize("target", sorted(targets()))
def test_make_accepts_every_target(target: str) -> None:
    made = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr


def test_make_help_and_the_reference_list_every_target() -> None:
    phony = set(re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split())  # type: ignore[index]
    helped = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([a-z-]+)", helped, re.MULTILINE)) == phony
    listed = {words_of(name)[1] for name in named(f"{REFERENCE}/commands.md", "make")}
    assert listed == phony


def test_the_reference_lists_every_command_and_option() -> None:
    page = f"{REFERENCE}/commands.md"
    headings = set(re.findall(r"^### (\w+)$", text_of(page), re.MULTILINE))
    assert headings == our_commands()
    for command in headings:
        assert set(named(page, command)) == options_of(command), command


@pytest.mark.parametrize("command", sorted(our_commands()))
def test_the_reference_states_the_defaults_of_options(command: str) -> None:
    defaults = {option: action.default for action in parser_of(command)._actions for option in action.option_strings}
    for cells in rows(f"{REFERENCE}/commands.md", command):
        option, said = cells[0].strip("`"), cells[1]
        if option in defaults and re.fullmatch(r"[\d.]+", said):
            assert str(defaults[option]).removesuffix(".0") == said, option
        elif said == "off":
            assert defaults[option] is False, option
        elif said == "none":
            assert defaults[option] is None, option


def safe_lines() -> list[str]:
    """Return the lines with manage.py in the docs whose commands terminate."""
    lines = dict.fromkeys(line for page in PAGES for line in shell_lines(page) if "manage.py" in line)
    skipped = ("runlive", "reload", "setup", "createsuperuser", "makemigrations", "draft_translations", "replay")
    # These need a live blog.
    skipped += ("import_liveblog", "export_liveblog")
    # Later commands would need the added language (tests/test_added_languages.py runs these).
    skipped += ("add_language", "take_out_language")
    return [line for line in lines if not any(f"manage.py {name}" in line for name in skipped)]


def test_the_commands_in_the_docs_run(tmp_path: Path) -> None:
    arguments = [words_of(line)[words_of(line).index("manage.py") :] for line in safe_lines()]
    # Skip collecting static files, which takes longer than the rest of this test; tests with a server cover it.
    arguments = [[*each, "--noinput", "--dry-run"] if each[1] == "collectstatic" else each for each in arguments]
    assert {each[1] for each in arguments} >= {"migrate", "collectstatic", "clean_comments", "prune_changes"}
    # The docs name a directory that the test must not use.
    arguments = [[part.replace("/var/backups", str(tmp_path)) for part in each] for each in arguments]
    restoring = [each for each in arguments if each[1] == "restore" and "--check" not in each]
    assert restoring
    arguments = [each for each in arguments if each not in restoring]
    arguments.sort(key=lambda each: each[1] != "migrate")
    # tests/test_replay.py loads the demo.
    run_each(tmp_path, [*arguments, ["manage.py", "check"]])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    run_each(elsewhere, [*restoring, ["manage.py", "check"]])


def run_each(directory: Path, commands: list[list[str]]) -> None:
    """Run commands of manage.py on a new database in `directory`, in one process."""
    program = (
        "import os, sys, json; from django.core.management import execute_from_command_line\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'liveblog.settings'\n"
        "for command in json.loads(sys.argv[1]): execute_from_command_line(command)"
    )
    run_python(program, directory, str(commands).replace("'", '"'))


def run_python(program: str, directory: Path, *arguments: str) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "docs",
        "DATABASE_URL": f"sqlite:///{directory / 'db.sqlite3'}",
        "MEDIA_ROOT": str(directory / "media"),
        "STATIC_ROOT": str(directory / "static"),
    }
    done = fork_server.run(["-c", program, *arguments], environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


# Names ----------------------------------------------------------------------------------------------------------------


def read_by_settings() -> dict[str, Any]:
    """Return the variables that the settings read, with their default if it is a constant, else `...`."""
    found: dict[str, Any] = {}
    for node in ast.walk(ast.parse(Path(str(settings_module.__file__)).read_text(encoding="utf-8"))):
        # env.int("NAME", default), or a function that is given one: read(env.int, "NAME", "FORMER_NAME", default).
        if not isinstance(node, ast.Call) or not node.args or not any(map(_is_reader, (node.func, node.args[0]))):
            continue
        *names, default = node.args if len(node.args) > 1 else [*node.args, None]
        for name in names:
            if isinstance(name, ast.Constant):
                found[str(name.value)] = default.value if isinstance(default, ast.Constant) else ...
    return found


def _is_reader(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "env"


def former_names() -> dict[str, str]:
    return {
        cells[0].strip("`"): cells[1].strip("`") for cells in rows(f"{REFERENCE}/environment.md", "Former names")[1:]
    }


def documented_variables() -> dict[str, str]:
    """Return the variables of the server in the reference, with their documented default."""
    page = f"{REFERENCE}/environment.md"
    found = {}
    for section in re.findall(r"^## (.+)$", text_of(page), re.MULTILINE):
        if section not in ("Former names", "Variables of tools"):
            found |= {cells[0].strip("`"): cells[1].strip("`") for cells in rows(page, section)[1:]}
    return found


def test_the_reference_lists_every_variable_of_the_environment() -> None:
    assert documented_variables().keys() | former_names().keys() == read_by_settings().keys()
    assert set(former_names().values()) <= documented_variables().keys()


def test_the_reference_states_the_defaults_of_variables() -> None:
    documented = documented_variables()
    for name, default in read_by_settings().items():
        said = documented.get(name)
        if said is None or default is ...:
            continue
        if isinstance(default, bool):
            assert said == ("on" if default else "off"), name
        elif isinstance(default, int | float):
            assert float(said) == float(default), name
        elif default:
            assert said == default, name


@each_document
def test_every_variable_is_in_the_reference(document: str) -> None:
    known = documented_variables().keys() | former_names().keys() | OF_TOOLS
    spans = code_spans(document)
    named_here = {span for span in spans if re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", span)}
    assignments = [*shell_lines(document), *spans]
    named_here |= {name for line in assignments for name in re.findall(r"(?:^|\s)([A-Z][A-Z0-9_]{2,})=", line)}
    unknown = {name for name in named_here - known if not in_code(name)}
    assert not unknown


@cache
def sources() -> str:
    found = [path for name in ("articles", "comments", "liveblog", "tests") for path in (ROOT / name).rglob("*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in found if path != Path(__file__))


def in_code(name: str) -> bool:
    return re.search(rf"\b{name}\b", sources()) is not None


@each_document
def test_every_path_exists(document: str) -> None:
    top = {path.name for path in ROOT.iterdir()} - {".venv"}
    for span in code_spans(document):
        name = span.split(" ")[0]
        if "/" in name and name.split("/")[0] in top and not re.search(r"[<*…]", name):
            # Created by tools, or by the reader of the document.
            if name.split("/")[0] in {"staticfiles", "media", "node_modules"} or name.startswith("locale/ja"):
                continue
            assert (ROOT / name).exists(), span
        elif re.fullmatch(r"[\w-]+\.(js|css|py|html|toml)", name):
            assert any(path.name == name for path in tracked()), span


@cache
def tracked() -> tuple[Path, ...]:
    folders = ("articles", "comments", "liveblog", "static", "templates", "tests", "scripts", "bench")
    return (*ROOT.glob("*"), *(path for name in folders for path in (ROOT / name).rglob("*")))


@each_document
def test_every_dotted_name_can_be_imported(document: str) -> None:
    for span in code_spans(document):
        if not re.fullmatch(r"(articles|comments|liveblog|tests)(\.\w+)+", span):
            continue
        # A permission, or a name that occurs as a string in the code.
        if span in set().union(*ROLES.values()) or f'"{span}"' in sources():
            continue
        parts = span.split(".")
        for length in range(len(parts), 0, -1):
            try:
                found: Any = importlib.import_module(".".join(parts[:length]))
            except ModuleNotFoundError:
                continue
            for name in parts[length:]:
                assert hasattr(found, name), span
                found = getattr(found, name)
            break
        else:
            pytest.fail(span)


@each_document
def test_every_named_test_exists(document: str) -> None:
    for span in code_spans(document):
        if match := re.fullmatch(r"(tests/\S*test_\w+\.py)(?: -k (\w+))?", span):
            text = (ROOT / match[1]).read_text(encoding="utf-8")
            assert re.search(rf"def test_\w*{match[2] or ''}", text), span


def test_every_page_of_the_docs_that_the_code_names_exists() -> None:
    files = [path for path in tracked() if path.suffix in {".py", ".js", ".html", ".css"} or path.name == "Makefile"]
    files += [path for path in (ROOT / "scripts").iterdir() if path.is_file()]
    for path in files:
        for name in re.findall(r"\bdocs/[\w/-]+\.(?:md|png)\b", path.read_text(encoding="utf-8")):
            assert (ROOT / name).exists() or path == Path(__file__), (path, name)


# Reference and code ---------------------------------------------------------------------------------------------------


def test_every_promise_names_a_test_or_a_benchmark() -> None:
    for cells in rows(f"{REFERENCE}/delivery.md", "The promises")[1:]:
        assert re.search(r"`tests/\S+\.py|`make bench", cells[2]), cells[0]


def routes(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    for each in resolver.url_patterns:
        route = prefix + re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", str(each.pattern))
        if isinstance(each, URLPattern):
            yield re.sub(r"\^?(.*?)\(\?P(<\w+>)\.\*\)\$$", r"\1\2", route).replace("^", "")
        else:
            yield from routes(each, route)


def test_the_reference_lists_every_address() -> None:
    page = f"{REFERENCE}/addresses.md"
    there = set(routes(get_resolver()))
    listed = {*named(page, "Readers"), *named(page, "Newsroom"), *named(page, "Monitoring")}
    listed = {name for name in listed if name.startswith("/")}
    assert listed <= there, listed - there
    elsewhere = ("/accounts/", "/admin/", "/i18n/", "/api/v1/")
    public = {route for route in there if not route.startswith(elsewhere) or route == "/api/v1/"}
    assert public <= listed, public - listed


def test_the_reference_lists_every_operation_of_the_interface_with_its_scope() -> None:
    operations = {
        (
            f"{method.upper()} {path}",
            *sorted(scope for each in operation.get("security", []) for scope in each["AccessToken"]),
        )
        for path, methods in programs.description()["paths"].items()
        for method, operation in methods.items()
    }
    listed = set()
    for section in ("Read published coverage", "Write, translate and moderate"):
        for cells in rows(f"{REFERENCE}/api.md", section)[1:]:
            scopes = re.findall(r"`(\w+)`", cells[2]) if len(cells) > 2 else []
            listed.add((cells[0].strip("`"), *scopes))
    assert listed == operations


def test_the_reference_lists_every_role_and_permission() -> None:
    head, *lines = [cells for cells in rows(f"{REFERENCE}/roles.md") if len(cells) > 2]
    assert set(head[1:]) == set(ROLES)
    listed = {
        role: {cells[0].strip("`") for cells in lines if cells[number] == "yes"}
        for number, role in enumerate(head)
        if number
    }
    assert listed == {role: set(permissions) for role, permissions in ROLES.items()}


def test_the_reference_lists_every_close_code() -> None:
    listed = {int(cells[0]) for cells in rows(f"{REFERENCE}/protocol.md", "Close codes")[1:]}
    constants = {value for module in (websocket, presence) for value in vars(module).values() if isinstance(value, int)}
    assert listed == {code for code in constants if 1000 < code < 5000}


@pytest.mark.django_db
def test_the_reference_lists_every_metric() -> None:
    there = {
        f"{family.name}_total" if family.type == "counter" else family.name for family in metrics.registry().collect()
    }
    # The variables of the supervisor, see liveblog.metrics.share.
    there |= {"liveblog_worker_starts_total", "liveblog_worker_deaths_total"}
    listed = {name for name in named(f"{REFERENCE}/addresses.md", "Monitoring") if name.startswith("liveblog_")}
    assert listed == there


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = f"{REFERENCE}/dependencies.md"
    for section, requirements in (
        ("To run", project["dependencies"]),
        ("Extras", [each for name in ("sentry", "otel", "offline") for each in project["optional-dependencies"][name]]),
        ("To develop", project["optional-dependencies"]["dev"]),
    ):
        listed = {
            name
            for cells in rows(page, section)[1:]
            if cells[0] not in ("extra", "sentry", "otel", "offline")
            for name in cells[0].split(", ")
        }
        assert listed == {re.split(r"[\[<>=;~! ]", requirement)[0] for requirement in requirements}


def test_the_readme_names_the_shipped_languages() -> None:
    for name in SHIPPED.values():
        assert name in text_of("README.md")


def test_the_page_about_kinds_names_the_members_of_a_kind() -> None:
    for name in named("docs/how-to/add-a-kind-of-update.md"):
        assert hasattr(Kind, name) or name in Kind.__annotations__, name


def test_a_language_adds_as_many_columns_as_the_docs_say(tmp_path: Path) -> None:
    page = text_of("docs/how-to/add-a-language.md")
    models = (Article, Update, Picture, Topic, Author)
    counts = {model: len(translator.get_options_for_model(model).fields) for model in models}
    said = " ".join(page.split())
    assert f"It adds {sum(counts.values())} columns" in said
    assert (
        "({} of articles, {} of updates, {} of pictures, {} of topics, {} of authors)".format(*counts.values()) in said
    )
    [line] = [line for line in shell_lines("docs/how-to/add-a-language.md") if "makemigrations" in line]
    arguments = words_of(line)[1:]
    program = (
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'liveblog.settings'\n"
        "from liveblog import languages; languages.SHIPPED['ja'] = languages.KNOWN['ja'] = 'Japanese'\n"
        "from django.core.management import execute_from_command_line\n"
        f"execute_from_command_line({[*arguments, '--dry-run']})"
    )
    printed = run_python(program, tmp_path)
    assert printed.count("japanese.py") == 1
    assert printed.count("+ Add field") == sum(counts.values())
    assert printed.count("- Remove constraint") == 0
    assert f"the {printed.count('Create constraint')} constraints" in said


def test_the_tutorial_names_labels_of_the_interface() -> None:
    texts = catalogue_texts()
    for page in PAGES:
        if page.startswith("docs/tutorial/"):
            for label in re.findall(r"\*\*([^*]+)\*\*", text_of(page)):
                assert " ".join(label.split()) in texts, (page, label)


@cache
def catalogue_texts() -> frozenset[str]:
    """Return the English texts of the interface, ours and those of Django's admin, as they begin a sentence."""
    import django.contrib.admin

    catalogues = [ROOT / "locale/de/LC_MESSAGES/django.po"]
    catalogues += (Path(django.contrib.admin.__file__).parent / "locale/en/LC_MESSAGES").glob("*.po")
    found: set[str] = set()
    for catalogue in catalogues:
        for text in re.findall(r'^msgid "(.+)"$', catalogue.read_text(encoding="utf-8"), re.MULTILINE):
            found |= {text, text[:1].upper() + text[1:]}
    return frozenset(found) | {name for _code, name in settings.LANGUAGES}


# Files for developers -------------------------------------------------------------------------------------------------


def test_the_pre_commit_hooks_run_the_same_tools_as_make_check() -> None:
    config = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    steps = set(re.findall(r'^step "([^"]+)"', (ROOT / "scripts/check").read_text(encoding="utf-8"), re.MULTILINE))
    entries = [shlex.split(line) for line in re.findall(r"^ +entry: (.+)$", config, re.MULTILINE)]
    assert {program for program, *_names in entries} == {"scripts/check"}
    assert {name for _program, *names in entries for name in names} == steps


def test_the_changelog_names_the_version() -> None:
    version = __version__
    headings = re.findall(r"^## \[(.+?)\]", text_of("CHANGELOG.md"), re.MULTILINE)
    assert headings[:1] == ["Unreleased"]
    assert version in headings
