"""Translate locally with CTranslate2, so that no text leaves the organisation: https://opennmt.net/CTranslate2.

The operator fills a folder with models, one folder each, in one of two forms:

- a package of Argos Translate, unpacked: `metadata.json`, `sentencepiece.model`, and the model in `model/`
- a model converted by CTranslate2, such as one of OPUS-MT, in a folder named after its pair (`en-de`), with
  `source.spm` and `target.spm`, or `sentencepiece.model` for both

If no model has a pair, two models translate by way of English.
"""

from __future__ import annotations

import html
import itertools
import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from liveblog.errors import ProviderError
from liveblog.languages import parents, script_of
from liveblog.translation.engines.base import Engine, Task, in_batches

_PIVOT = "en"
#: Codes of Argos Translate that are no language tags.
_OF_ARGOS = {"pt-br": ("pb",), "zh-hans": ("zh",), "zh-hant": ("zt",), "no": ("nb",), "nb": ("no",)}
_TAG = re.compile(r"(</?[a-zA-Z](?:\"[^\"]*\"|[^\">])*>)")
_LETTER = re.compile(r"[^\W\d_]")
#: The space after a sentence, unless an abbreviation or an initial precedes it.
_SENTENCE_END = re.compile(
    r"(?<=[.!?…؟。！？])(?<!\b[A-Z]\.)(?<!\b(?:Mr|Ms|Dr|St|Nr)\.)(?<!\b(?:Mrs|Gen|Sen)\.)(?<!\bProf\.)\s+"
)
#: In subwords. Models are trained on sentences: longer ones are translated in parts.
_MAX_PIECES = 200
_MOST_PIECES_OF_ANSWER = 400
_BATCH_SIZE = 32
#: SentencePiece's sign for a space in subwords (U+2581).
_SPACE_MARK = "\u2581"


@dataclass(frozen=True)
class _Files:
    """The files of a model."""

    model: Path
    source: Path
    target: Path


class _Model:
    """A model in memory. Any number of threads may use it."""

    def __init__(self, files: _Files) -> None:
        # Only the extra `offline` has these libraries, and loading them takes a while.
        import ctranslate2
        import sentencepiece

        self._translator = ctranslate2.Translator(str(files.model), device="cpu", compute_type="auto")
        self._source = sentencepiece.SentencePieceProcessor(model_file=str(files.source))
        self._target = sentencepiece.SentencePieceProcessor(model_file=str(files.target))

    def translate(self, sentences: Sequence[str]) -> list[str]:
        parts: list[list[str]] = []
        owners: list[int] = []
        for place, sentence in enumerate(sentences):
            pieces = self._source.encode(sentence, out_type=str)
            for start in range(0, len(pieces), _MAX_PIECES):
                parts.append(pieces[start : start + _MAX_PIECES])
                owners.append(place)
        answers = self._translator.translate_batch(
            parts,
            max_batch_size=_BATCH_SIZE,
            beam_size=4,
            max_input_length=0,
            max_decoding_length=_MOST_PIECES_OF_ANSWER,
            replace_unknowns=True,
        )
        found: list[list[str]] = [[] for _sentence in sentences]
        for place, answer in zip(owners, answers, strict=True):
            # Subwords that it does not know, such as names copied from the source, keep the sign of their space.
            said = self._target.decode(answer.hypotheses[0]).replace(_SPACE_MARK, " ")
            found[place] += said.split()
        return [" ".join(each) for each in found]


class Offline(Engine):
    """Models in a folder. They support neither context nor glossaries, and translate sentence by sentence.

    Words with and without a link or emphasis are translated separately: the models do not support markup.
    """

    name = "offline"

    @classmethod
    def options(cls) -> dict[str, Any] | None:
        """See Engine."""
        return {"folder": settings.TRANSLATION_MODELS} if settings.TRANSLATION_MODELS else None

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._lock = threading.Lock()
        self._models: dict[_Files, _Model] = {}

    def answer(self, task: Task) -> list[str]:
        """See Engine."""
        chain = self._chain(task.source, task.target)
        return in_batches(task.texts, lambda texts: [_translated(chain, text, html_=task.html) for text in texts])

    def _chain(self, source: str, target: str) -> list[_Model]:
        """Return the models that translate between two languages: one, or two by way of English."""
        found = _find(self._folder)
        pairs = list(itertools.product(_codes(source), _codes(target)))
        direct = [[pair] for pair in pairs]
        indirect = [[(first, _PIVOT), (_PIVOT, last)] for first, last in pairs]
        for steps in (*direct, *indirect):
            if all(step in found for step in steps):
                return [self._model(found[step]) for step in steps]
        raise ProviderError("unsupported", f"no model for {source} > {target}")

    def _model(self, files: _Files) -> _Model:
        with self._lock:
            if files not in self._models:
                try:
                    self._models[files] = _Model(files)
                except ImportError:
                    raise ProviderError("unsupported", "the extra offline is not installed") from None
                except (RuntimeError, OSError, ValueError, TypeError):
                    raise ProviderError("unsupported", f"the model {files.model.name} cannot be loaded") from None
            return self._models[files]


def _codes(language: str) -> list[str]:
    """Return the codes that models may have for a language, the closest first: 'pt-br', 'pb', 'pt'.

    A model for another script is no substitute: that of 'zh' writes simplified Chinese.
    """
    wider = [each for each in parents(language) if script_of(each) == script_of(language)]
    return [code for each in wider for code in (each, *_OF_ARGOS.get(each, ()))]


def _find(folder: Path) -> Mapping[tuple[str, str], _Files]:
    """Return the models in a folder by their pair of languages. Other files are ignored."""
    found: dict[tuple[str, str], _Files] = {}
    try:
        entries = sorted(entry for entry in folder.iterdir() if entry.is_dir())
    except OSError:
        raise ProviderError("unsupported", "the folder of the models cannot be read") from None
    for entry in entries:
        pair, model = _pair_of(entry), entry
        if (entry / "model" / "model.bin").is_file():
            model = entry / "model"
        shared = entry / "sentencepiece.model"
        spms = (shared, shared) if shared.is_file() else (entry / "source.spm", entry / "target.spm")
        if pair and (model / "model.bin").is_file() and all(spm.is_file() for spm in spms):
            found[pair] = _Files(model, *spms)
    return found


def _pair_of(entry: Path) -> tuple[str, str] | None:
    """Return the pair of languages of a folder with a model, from its package's metadata or from its name."""
    try:
        stated = json.loads((entry / "metadata.json").read_text("utf-8"))
        return str(stated["from_code"]).lower(), str(stated["to_code"]).lower()
    except (OSError, ValueError, LookupError, TypeError):
        source, _dash, target = entry.name.lower().partition("-")
        return (source, target) if source and target else None


def _translated(chain: Sequence[_Model], text: str, *, html_: bool) -> str:
    """Return a text in the other language. Tags and white space stay unchanged."""
    pieces = _TAG.split(text) if html_ else [text]
    found = list(pieces)
    sentences: list[str] = []
    places: list[tuple[int, int]] = []
    for place in range(0, len(pieces), 2):
        words = html.unescape(pieces[place]) if html_ else pieces[place]
        if _LETTER.search(words):
            mine = list(_sentences(words))
            sentences += mine
            places.append((place, len(mine)))
    for model in chain:
        try:
            sentences = model.translate(sentences)
        except RuntimeError:
            raise ProviderError("nonsense", "the model fails") from None
    remaining = iter(sentences)
    for place, count in places:
        words = " ".join(filter(None, (next(remaining) for _sentence in range(count))))
        old = pieces[place]
        before, after = old[: len(old) - len(old.lstrip())], old[len(old.rstrip()) :]
        found[place] = f"{before}{html.escape(words, quote=False) if html_ else words}{after}"
    return "".join(found)


def _sentences(text: str) -> Iterator[str]:
    yield from filter(None, map(str.strip, _SENTENCE_END.split(text.strip())))
