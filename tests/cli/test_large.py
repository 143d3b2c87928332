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


def test_many_fixes_at_one_place_are_all_applied_by_one_run(plimsoll, tmp_path):
    """Each line that an ignore file lacks goes to its end: one place, so one round of fixes each."""
    names = [".git/HEAD", ".gitignore", ".gitattributes", ".mailmap", ".github/a.yml",
             ".gitlab-ci.yml", "Jenkinsfile",
             ".vscode/a.json", ".idea/a.xml", "a.swp", ".DS_Store", "README.md",
             "docs/a.md", "tests/a.py", "a.log",
             "coverage/a.html", "b.tar.gz", "compose.yaml", "other.Dockerfile",
             "key.pem", ".env", ".travis.yml"]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n", encoding="utf-8")
    (tmp_path / "Dockerfile").write_text("FROM debian:12-slim\nCOPY . /app\nUSER nobody\n",
                                         encoding="utf-8")
    (tmp_path / ".dockerignore").write_text("nothing-here\n", encoding="utf-8")
    plimsoll("fix", "-q", ".dockerignore", cwd=tmp_path)
    added = (tmp_path / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert len(added) > 12
    assert plimsoll("fix", "--diff", "-q", ".dockerignore", cwd=tmp_path, code=0).stdout == ""
