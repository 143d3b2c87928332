"""fix as people use it: what --diff prints goes through git apply, whatever way a file was named."""
import os
import subprocess

import pytest

BAD = "FROM debian:12\nRUN apt-get install curl\n"
GOOD = "FROM debian:12\nRUN apt-get install -y curl\n"


@pytest.mark.parametrize("named, where", [
    ("Dockerfile", ""), ("./Dockerfile", ""), ("sub/../Dockerfile", ""), ("{}/Dockerfile", ""),
    ("../{base}/Dockerfile", ""), (".", ""), ("", ""), ("./sub//x.Dockerfile", ""),
    ("x.Dockerfile", "sub"), ("./x.Dockerfile", "sub"), ("{}/sub/x.Dockerfile", "sub"),
    ("odd \"name\\\t\u00e4.Dockerfile", ""),
])
def test_a_diff_goes_through_git_apply(plimsoll, tmp_path, named, where):
    named = named.replace("{}", str(tmp_path)).replace("{base}", tmp_path.name)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "sub").mkdir()
    for name in ("Dockerfile", "sub/x.Dockerfile", named if "odd" in named else "Dockerfile"):
        (tmp_path / name).write_text(BAD)
    folder = tmp_path / where
    run = plimsoll("fix", "--diff", *([named] if named else []), cwd=folder, code=1,
                   env={"PWD": str(folder)})
    subprocess.run(["git", "apply", "-"], cwd=folder, input=run.stdout, text=True, check=True)
    fixed = [name for name in ("Dockerfile", "sub/x.Dockerfile", named)
             if os.path.isfile(tmp_path / name) and (tmp_path / name).read_text() == GOOD]
    assert fixed
    plimsoll("fix", "--diff", *([named] if named else []), cwd=folder, code=0,
             env={"PWD": str(folder)})


def test_a_wrong_pwd_does_not_matter(plimsoll, tmp_path):
    (tmp_path / "Dockerfile").write_text(BAD)
    for pwd in ("/", "/nowhere", "x", ""):
        run = plimsoll("fix", "--diff", "./Dockerfile", cwd=tmp_path, code=1, env={"PWD": pwd})
        assert run.stdout.startswith("--- a/Dockerfile\n+++ b/Dockerfile\n")


def test_mode_and_links_stay(plimsoll, tmp_path):
    (tmp_path / "real").write_text(BAD)
    os.chmod(tmp_path / "real", 0o604)
    os.symlink("real", tmp_path / "Dockerfile")
    plimsoll("fix", "Dockerfile", cwd=tmp_path, code=0)
    assert os.path.islink(tmp_path / "Dockerfile") and (tmp_path / "real").read_text() == GOOD
    assert os.stat(tmp_path / "real").st_mode & 0o777 == 0o604
    assert sorted(os.listdir(tmp_path)) == ["Dockerfile", "real"]
