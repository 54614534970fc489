"""What one run of a lesson's checks leaves behind doesn't reach the next one on the same control plane."""

import json
from pathlib import Path

import pytest

from workshop.testing import crd
from workshop.testing.control_plane import ControlPlane
from workshop.testing.failures import CheckFailedError
from workshop.workspace.cluster import CHECKOUT

RIGHT = (CHECKOUT / crd.CRD).read_text()
ICECREAM = {"apiVersion": "demo.lva.io/v1", "kind": "Icecream", "metadata": {"name": "x"}, "spec": {"flavour": ["y"]}}


def test_after_any_crd_icecreams_are_served_by_the_new_one_alone(
    fresh_control_plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / "crd.yaml"
    monkeypatch.setattr(crd, "CRD", str(written))

    def names() -> list[str]:
        fresh_control_plane.kubectl("create", "-f", "-", stdin=json.dumps(ICECREAM))
        return [each["metadata"]["name"] for each in fresh_control_plane.get("icecreams")["items"]]

    written.write_text(RIGHT.replace("plural: icecreams", "plural: ices").replace("name: icecreams.", "name: ices."))
    with pytest.raises(CheckFailedError, match=r"in line 4: ices.demo.lva.io"):
        crd.served(fresh_control_plane, look="").__enter__()
    written.write_text(RIGHT.replace("scope: Cluster", "scope: Namespaced"))
    with crd.served(fresh_control_plane, look=""):
        assert names() == ["x"]
    written.write_text(RIGHT)
    with crd.served(fresh_control_plane, look=""):
        assert names() == ["x"]
    assert fresh_control_plane.get("crds")["items"] == []
