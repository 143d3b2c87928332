"""Long files of the kinds that rules edit: memory and time stay in proportion."""


def test_many_containers(plimsoll, tmp_path):
    """Each edit was once checked by reading the whole document again: out of memory at 2,000."""
    containers = "".join(f"    - name: c{i}\n      image: reg/x{i}:1\n" for i in range(2000))
    pod = tmp_path / "pod.yaml"
    pod.write_text("apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nspec:\n  containers:\n" +
                   containers)
    run = plimsoll("check", "--no-repository", "--fail-on", "none", "--format", "line", pod)
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("kubernetes/read-only-root") == 2000
