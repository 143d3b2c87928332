"""Long Dockerfiles of one kind each: four times the length may cost some four times the time, not
sixteen. Each was quadratic once, in a rule or below it."""
import time

import pytest

KINDS = {
    "stages that name each other":
        lambda n: "".join(f"FROM debian:12 AS St{i}\nCOPY --from=St{i - 1} /a /a\n"
                          for i in range(n)),
    "stages that name later ones":
        lambda n: "".join(f"FROM debian:12 AS s{i}\nCOPY --from=s{i + 1} /a /a\n"
                          for i in range(n)),
    "stages that name nothing":
        lambda n: "".join(f"FROM debian:12 AS st{i:06}\nCOPY --from=zz{i:06} /a /a\n"
                          for i in range(n)),
    "users": lambda n: "FROM debian:12\n" + "".join(f"RUN useradd -u {1001 + i} u{i}\n"
                                                     for i in range(n)) + 'CMD ["a"]\n',
    "findings": lambda n: "".join("FROM debian:latest\n" for i in range(n)),
    "strips": lambda n: "FROM debian:12\n" + "".join(f"COPY a{i} /x/a{i}\nRUN strip /x/a{i}\n"
                                                      for i in range(n)),
    "variables": lambda n: "FROM debian:12\n" + "".join(f"RUN echo $v{i} && rm -rf $w{i}/x\n"
                                                         for i in range(n)),
    "names of loops": lambda n: "FROM debian:12\nRUN " + "; ".join(
        f'x{i}="a b"; for i in x{i}; do ls; done' for i in range(n // 10)) + "\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_time_grows_with_length(plimsoll, tmp_path, kind):
    seconds = []
    for count in (2000, 8000):
        path = tmp_path / f"{count}.Dockerfile"
        path.write_text(KINDS[kind](count))
        best = 60.0
        for _ in range(2):
            start = time.monotonic()
            plimsoll("check", "--no-repository", "--fail-on", "none", "--format", "line", path,
                     code=0)
            best = min(best, time.monotonic() - start)
        seconds.append(best)
    assert seconds[1] < 0.5 + 9 * seconds[0], seconds
