"""Models in a folder draft without a provider. The tiny model here translates every sentence as “Guten Tag”."""

import itertools
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sentencepiece
from ctranslate2.specs import TransformerSpec

from articles.models import Translation
from articles.translations import drafting
from liveblog.errors import ProviderError
from liveblog.translation import engines
from liveblog.translation.engines.base import Task
from liveblog.translation.engines.offline import Offline
from tests import factories

_WIDTH = 8
_START, _END = 1, 2


def _linear(layer: Any, outputs: int) -> None:
    layer.weight = np.zeros((outputs, _WIDTH), np.float32)
    layer.bias = np.zeros(outputs, np.float32)


def _norm(layer: Any) -> None:
    layer.gamma, layer.beta = np.ones(_WIDTH, np.float32), np.zeros(_WIDTH, np.float32)


def _embeddings(count: int) -> Any:
    return np.eye(count, _WIDTH, dtype=np.float32)


def _build(folder: Path, *words: str) -> None:
    """Write a model whose output is always these words: its layers do nothing, and each word predicts the next."""
    special = ["<blank>", "<s>", "</s>", "<unk>"]
    target = [*special, *(f"▁{word}" for word in words)]
    spec = TransformerSpec.from_config(num_layers=1, num_heads=2, pre_norm=True)
    encoder, decoder = spec.encoder, spec.decoder
    encoder.embeddings[0].weight, decoder.embeddings.weight = _embeddings(len(special)), _embeddings(len(target))
    for part in (encoder, decoder):
        part.position_encodings.encodings = np.zeros((512, _WIDTH), np.float32)
        part.scale_embeddings = False
        _norm(part.layer_norm)
        [layer] = part.layer
        for norm in (layer.self_attention.layer_norm, layer.ffn.layer_norm):
            _norm(norm)
        for linear, outputs in zip(layer.self_attention.linear, (3 * _WIDTH, _WIDTH), strict=True):
            _linear(linear, outputs)
        for linear in (layer.ffn.linear_0, layer.ffn.linear_1):
            _linear(linear, _WIDTH)
    _norm(decoder.layer[0].attention.layer_norm)
    for linear, outputs in zip(decoder.layer[0].attention.linear, (_WIDTH, 2 * _WIDTH, _WIDTH), strict=True):
        _linear(linear, outputs)
    projection = np.zeros((len(target), _WIDTH), np.float32)
    said = [_START, *range(len(special), len(target)), _END]
    for word, following in itertools.pairwise(said):
        projection[following, word] = 10
    decoder.projection.weight, decoder.projection.bias = projection, np.zeros(len(target), np.float32)
    spec.register_source_vocabulary(special)
    spec.register_target_vocabulary(target)
    spec.validate()
    folder.mkdir(parents=True)
    spec.save(str(folder))


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a model that splits words into pieces."""
    folder = tmp_path_factory.mktemp("tokens")
    sentences = ["Guten Tag", "The talks have begun.", "Ministers met here"]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_prefix=str(folder / "t"),
        vocab_size=40,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return folder / "t.model"


@pytest.fixture
def models(tmp_path: Path, tokens: Path) -> Path:
    """Return a folder with a package of Argos Translate (en > de) and a converted model (uk > en)."""
    _build(tmp_path / "translate-en_de" / "model", "Guten", "Tag")
    stated = {"from_code": "en", "to_code": "de"}
    (tmp_path / "translate-en_de" / "metadata.json").write_text(json.dumps(stated))
    shutil.copy(tokens, tmp_path / "translate-en_de" / "sentencepiece.model")
    _build(tmp_path / "uk-en", "Good", "day")
    for name in ("source.spm", "target.spm"):
        shutil.copy(tokens, tmp_path / "uk-en" / name)
    (tmp_path / "notes").mkdir()
    return tmp_path


def said(folder: Path, text: str, source: str = "en", target: str = "de", *, html: bool = True) -> str:
    [answer] = Offline(str(folder)).answer(Task([text], source, target, html))
    return answer


def test_sentences_are_translated_and_tags_numbers_and_spaces_stay(models: Path) -> None:
    text = (
        '<p>The talks have begun. Ministers met &amp; spoke <a href="https://example.org/?a>b">here</a>.</p><p>14</p>'
    )
    expected = '<p>Guten Tag Guten Tag <a href="https://example.org/?a>b">Guten Tag</a>.</p><p>14</p>'
    assert said(models, text) == expected
    assert said(models, "Dr. Smith met A. Jones", html=False) == "Guten Tag"


def test_a_pair_without_a_model_goes_by_way_of_english(models: Path) -> None:
    assert said(models, "<p>Добрий день</p>", "uk", "en") == "<p>Good day</p>"
    assert said(models, "<p>Добрий день</p>", "uk", "de") == "<p>Guten Tag</p>"
    # The model of a language also serves its varieties.
    assert said(models, "<p>Good day</p>", "en-gb", "de") == "<p>Guten Tag</p>"


@pytest.mark.parametrize(
    ("named", "language", "does"),
    [
        ("pb", "pt-br", True),
        ("pt", "pt-br", True),
        ("zh", "zh-hans", True),
        ("zt", "zh-hant", True),
        ("zh", "zh-hant", False),
        ("zh", "zh-hk", False),
        ("sr", "sr-latn", False),
    ],
)
def test_a_model_is_found_by_its_own_code_and_writes_the_wanted_script(
    models: Path, named: str, language: str, does: bool
) -> None:
    (models / "uk-en").rename(models / f"{named}-en")
    if does:
        assert said(models, "<p>Olá</p>", language, "en") == "<p>Good day</p>"
        return
    with pytest.raises(ProviderError, match="unsupported"):
        said(models, "<p>Olá</p>", language, "en")


def test_a_long_text_without_sentences_loses_no_part(models: Path) -> None:
    assert said(models, "word " * 2000).count("Guten Tag") > 2


def test_a_missing_or_broken_model_is_said_to_be_unsupported(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (models / "translate-en_de" / "model" / "model.bin").write_bytes(b"broken")
    for folder, source, target in ((models, "en", "de"), (models, "de", "en"), (models / "nowhere", "en", "de")):
        with pytest.raises(ProviderError) as failure:
            said(folder, "Peace", source, target)
        assert failure.value.reason == "unsupported"
    # Without the extra.
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    with pytest.raises(ProviderError, match="offline"):
        said(models, "Peace", "uk", "en")


@pytest.mark.django_db
def test_updates_are_drafted_by_the_models_of_the_folder(models: Path, settings: Any) -> None:
    settings.TRANSLATION_MODELS = str(models)
    settings.TRANSLATION_ENGINES = "offline"
    assert engines.available()
    update = factories.update(factories.article(languages=["en", "de"]), body_en="<p>Good day</p>")
    drafting.draft_due()
    row = update.translations.get(language="de")
    update.refresh_from_db()
    assert (row.state, row.engine, update.body_de) == (Translation.State.MACHINE, "offline", "<p>Guten Tag</p>")
