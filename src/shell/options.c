#include "shell/grammar.h"

#include <string.h>

/*
 * Which options take their value from the next word, for the programs that rules ask about. Only
 * such options are listed; every other option stands alone or carries its value with a '='.
 */
static const struct {
    const char *names[12]; /* NULL at the end */
    const char *options;
} programs[] = {
    {{"apt-get", "apt", "apt-cache", "aptitude", "apt-mark"},
     "-o -c -t -a --option --config-file --target-release --default-release --host-architecture"},
    {{"apk"},
     "-t -X -p --virtual --repository --root --keys-dir --repositories-file --arch --cache-dir "
     "--wait --progress-fd --timeout --cache-max-age"},
    {{"yum", "dnf", "microdnf", "tdnf", "dnf5"},
     "-c -d -e -R -x --config --debuglevel --errorlevel --randomwait --exclude --installroot "
     "--releasever --enablerepo --disablerepo --repo --repoid --repofrompath --setopt "
     "--disableplugin --enableplugin --forcearch --destdir --downloaddir --advisory --comment"},
    {{"zypper"},
     "-c -R -p -C -t -r --config --root --plus-repo --plus-content --type --repo --from --name "
     "--releasever --cache-dir --reposd-dir --gpgkey"},
    {{"pacman"},
     "-b -r --dbpath --root --arch --cachedir --config --gpgdir --hookdir --logfile "
     "--sysroot --ignore --overwrite --assume-installed"},
    {{"pip", "pip3"},
     "-r -c -e -i -f -t -d -w -b --requirement --constraint --editable --index-url "
     "--extra-index-url --find-links --target --prefix --root --cache-dir --timeout --retries "
     "--trusted-host --proxy --platform --python-version --only-binary --no-binary "
     "--progress-bar --dest --wheel-dir --log --src --upgrade-strategy --config-settings -C "
     "--global-option --install-option --build-option --report --python --abi --implementation "
     "--cert --client-cert --exists-action --use-feature --build --dependency-groups --group"},
    {{"uv"},
     "-r -c -e -i -f -p --requirement --constraint --editable --index-url --extra-index-url "
     "--index --default-index --find-links --target --prefix --cache-dir --python --only-binary "
     "--no-binary --extra --group --only-group --no-group --directory --project --config-file "
     "--link-mode --resolution --package --with --from --override --no-install-package"},
    {{"poetry"},
     "-C -P -E -G --directory --project --extras --with --without --only --group "
     "--source --format --output -o -f --python"},
    {{"pipenv"},
     "--python --pypi-mirror --categories --extra-pip-args -i --index -r --requirements"},
    {{"pipx"}, "--python --pip-args --index-url -i --suffix"},
    {{"npm", "npx", "pnpm", "pnpx"},
     "-C -w -c -F --prefix --registry --cache --loglevel --userconfig --omit --include --only "
     "--workspace --tag --otp --access --script-shell --location --filter --dir --store-dir "
     "--reporter --node-options --fetch-retries --fetch-timeout --fetch-retry-mintimeout "
     "--fetch-retry-maxtimeout --network-timeout --package -p --call --maxsockets "
     "--virtual-store-dir --network-concurrency --child-concurrency --globalconfig --cafile"},
    {{"yarn"},
     "--cwd --registry --cache-folder --modules-folder --network-timeout --mutex "
     "--network-concurrency --production-dir --preferred-cache-folder --use-yarnrc "
     "--global-folder --prefix --link-folder --tag --mode"},
    {{"bun"},
     "--cwd --config -c --registry --cache-dir --backend --outdir --outfile --target "
     "--filter --concurrent-scripts -r --preload --env-file --omit --network-concurrency"},
    {{"git"},
     "-C -c -b -B -m -o -u -j -F -s --git-dir --work-tree --namespace --exec-path --branch "
     "--depth --origin --reference --upload-pack --config --jobs --template --filter "
     "--separate-git-dir --shallow-since --server-option --message --author --date "
     "--strategy --bundle-uri --directory"},
    {{"curl"},
     "-o -d -H -X -u -A -e -b -c -F -T -m -x -w -K -E -C -D -r -z -y -Y -Q -P -t -U "
     "--output --output-dir --data --data-raw --data-binary --data-urlencode --header --request "
     "--user --user-agent --referer --cookie --cookie-jar --form --upload-file --max-time "
     "--proxy --write-out --config --cert --key --cacert --capath --continue-at --dump-header "
     "--range --time-cond --retry --retry-delay --retry-max-time --connect-timeout --resolve "
     "--interface --limit-rate --max-redirs --ciphers --tls-max --url --json --unix-socket "
     "--speed-limit --speed-time --noproxy --proxy-user --dns-servers --netrc-file --proto "
     "--proto-redir --proto-default --pinnedpubkey --max-filesize --oauth2-bearer --pass "
     "--cert-type --key-type --stderr --trace --trace-ascii"},
    {{"wget"},
     "-O -o -a -P -e -i -B -t -T -w -Q -U -D -A -R -I -X -l --output-document --output-file "
     "--append-output --directory-prefix --execute --input-file --base --tries --timeout --wait "
     "--waitretry --quota --user-agent --header --user --password --http-user --http-password "
     "--ca-certificate --ca-directory --certificate --private-key --post-data --post-file "
     "--progress --limit-rate --referer --domains --accept --reject --level --start-pos "
     "--dns-timeout --connect-timeout --read-timeout --load-cookies --save-cookies "
     "--secure-protocol --max-redirect --method --body-data --cut-dirs"},
    {{"tar"},
     "-f -C -T -X -I -b -g -K -L -N -V -H -F --file --directory --files-from --exclude-from "
     "--use-compress-program --exclude --strip-components --transform --owner --group --mode "
     "--mtime --xform --format --sort --strip --newer --blocking-factor --to-command"},
    {{"go"},
     "-o -p -C -ldflags -gcflags -asmflags -gccgoflags -tags -mod -modfile -buildmode "
     "-buildvcs! -installsuffix -pkgdir -toolexec -overlay -compiler -run -timeout -count "
     "-coverprofile -bench -parallel -exec -vettool -f -pgo -covermode -coverpkg -cpu"},
    {{"cargo"},
     "-C -p -F -j -Z --manifest-path --package --features --target --target-dir --profile "
     "--jobs --bin --example --test --bench --exclude --color --config --git --branch --tag "
     "--rev --path --root --version --vers --registry --index --message-format --recipe-path "
     "--out-dir --artifact-dir --lockfile-path"},
    {{"rustup"}, "-c -t -p --component --target --profile --toolchain --path"},
    {{"gem"},
     "-v -i -n -s -P -p -B --version --install-dir --bindir --source --trust-policy "
     "--http-proxy --platform --build-root --config-file --document"},
    {{"bundle", "bundler"},
     "-j --jobs --path --without --with --gemfile --retry --binstubs "
     "--trust-policy"},
    {{"composer"},
     "-d --working-dir --repository --repository-url --stability -s --prefer-install "
     "--ignore-platform-req --apcu-autoloader-prefix"},
    {{"conda", "mamba", "micromamba"},
     "-n -p -c -f -r --name --prefix --channel --file --root-prefix --solver --cwd "
     "--repodata-fn --revision --subdir --platform"},
    {{"docker", "podman", "nerdctl", "buildah", "plimsoll", "docker-compose"},
     "-f -t -v -e -p -u -w -m -H -l -h -c -o -a --file --tag --volume --env --env-file --publish "
     "--user --workdir --memory --host --label --hostname --name --network --net --mount "
     "--build-arg --build-context --target --platform --cache-from --cache-to --output --secret "
     "--ssh --progress --add-host --cap-add --cap-drop --security-opt --entrypoint --restart "
     "--cpus --cpuset-cpus --shm-size --tmpfs --ulimit --device --gpus --log-driver --log-opt "
     "--log-level --config --context --builder --iidfile --metadata-file --expose --ip "
     "--dns --pid --ipc --userns --uts --cgroupns --cgroup-parent --runtime --stop-signal "
     "--stop-timeout --health-cmd --health-interval --health-retries --health-timeout --cidfile "
     "--volumes-from --link --annotation --attest --allow --call --group-add --pids-limit "
     "--isolation --sysctl --label-file --memory-swap --format --filter --username --password "
     "--profile --project-name --project-directory --scale --tlscacert --tlscert --tlskey"},
    {{"make", "gmake"},
     "-C -f -I -o -W --directory --file --makefile --include-dir "
     "--old-file --what-if --assume-new --assume-old"},
    {{"cmake"},
     "-S -B -G -T -A -D -U -C -j -t --build --install --prefix --config --target "
     "--parallel --preset --component --toolchain"},
    {{"chown", "chgrp", "chmod"}, "--reference --from"},
    {{"useradd"},
     "-b -c -d -e -f -g -G -k -K -p -R -P -s -u -Z --base-dir --comment --home-dir "
     "--home --expiredate --inactive --gid --groups --skel --key --password --root "
     "--prefix --shell --uid --selinux-user"},
    {{"usermod"},
     "-c -d -e -f -g -G -l -p -R -s -u -v -V -w -W --comment --home --gid --groups "
     "--login --password --shell --uid"},
    {{"adduser"},
     "-h -g -s -G -u -k --home --gecos --shell --ingroup --uid --gid --firstuid "
     "--lastuid --conf --firstgid --lastgid --comment"},
    {{"groupadd", "addgroup", "groupmod"},
     "-g -K -p -R -n --gid --key --password --root --new-name"},
    {{"passwd", "chpasswd"}, "-c -s --crypt-method --sha-rounds"},
    {{"install"}, "-o -g -m -t -S --owner --group --mode --target-directory --suffix"},
    {{"cp", "mv", "ln"}, "-t -S --target-directory --suffix"},
    {{"mkdir"}, "-m --mode"},
    {{"touch"}, "-d -t -r --date --reference"},
    {{"rm", "rmdir"}, ""},
    {{"sed"}, "-e -f -l --expression --file --line-length"},
    {{"grep", "egrep", "fgrep"},
     "-e -f -m -A -B -C --regexp --file --max-count --include --exclude"},
    {{"sort"}, "-k -t -o -S -T --key --field-separator --output"},
    {{"head", "tail"}, "-n -c --lines --bytes"},
    {{"gpg", "gpg2"},
     "-u -r -o --homedir --keyserver --output --keyring --recipient "
     "--local-user --keyserver-options --secret-keyring --passphrase --pinentry-mode"},
    {{"unzip"}, "-d -x -P"},
    {{"openssl"}, "-in -out -days -subj -newkey -keyout -passin -passout -CA -CAkey -config"},
    {{"mvn"}, "-f -s -gs -t -T -P -pl --file --settings --global-settings --projects --threads"},
    {{"gradle", "gradlew"},
     "-p -b -c -g -I -x --project-dir --build-file --init-script --exclude-task "
     "--gradle-user-home --max-workers --console"},
    {{"python", "python3", "python2"}, "-W -X -m -c"},
    {{"java"}, "-cp -classpath -jar --class-path --module-path --add-modules -p"},
    {{"node"}, "-r -e -p --require --eval --loader --import"},
    {{"dpkg"}, "--root --admindir --instdir --add-architecture --log"},
    {{"rpm"}, "--root --dbpath --define -D --prefix --eval -E"},
    {{"update-alternatives"}, "--altdir --admindir --log"},
    {{"helm", "kubectl"},
     "-n -f -l -o --namespace --filename --selector --output --context --kubeconfig "
     "--set --values --version"},
    {{"dotnet"},
     "-c -o -f -r -v --configuration --output --framework --runtime --verbosity "
     "--source -s --configfile --packages --tool-path --version --arch -a --os"},
    {{"nuget"}, "-Source -OutputDirectory -ConfigFile"},
    {{"luarocks"}, "--tree --server --lua-version"},
    {{"cpanm"}, "-l -L -M --mirror --local-lib"},
    {{"opam"}, "--root --switch --jobs -j"},
    {{"ssh", "scp"}, "-i -p -P -l -o -F -L -R -D -J"},
    {{"rsync"}, "-e -f --rsh --exclude --include --filter --chown --chmod --files-from"},
};

bool option_list_has(const char *list, str word)
{
    /* This runs for every option of every command: no lengths, no slices. */
    while (word.len && *list) {
        const char *end = strchrnul(list, ' ');
        if (*list == *word.at && (size_t)(end - list) == word.len &&
            memcmp(list, word.at, word.len) == 0)
            return true;
        list = end + (*end == ' ');
    }
    return false;
}

/* pip3 and pip3.11 are pip; python3.12 is python. */
static str family(str program)
{
    if (!str_starts(program, STR("pip")) && !str_starts(program, STR("python")))
        return program;
    size_t end = program.len;
    while (end && (char_is_digit(program.at[end - 1]) || program.at[end - 1] == '.'))
        end--;
    return str_slice(program, 0, end);
}

/* Programs whose options are whole words behind one dash: "-ldflags" is no bundle. */
static bool has_word_options(str program)
{
    return STR_IN(program, "go", "find", "java", "javac", "openssl", "terraform", "gcc", "cc",
                  "g++", "clang", "nuget", "nginx", "ffmpeg", "convert", "setcap", "keytool", "mvn",
                  "update-rc.d", "sdkmanager", "xcodebuild", "test", "[");
}

void know_options(struct shell_command *command)
{
    str program = family(command->name);
    command->word_options = has_word_options(command->name);
    command->value_options = "";
    for (size_t i = 0; program.len && i < ARRAY_COUNT(programs); i++)
        for (size_t k = 0; programs[i].names[k]; k++) {
            const char *name = programs[i].names[k];
            if (name[0] == program.at[0] && str_eq(str_from(name), program)) {
                command->value_options = programs[i].options;
                return;
            }
        }
}
