#include "rules/contents/contents_parts.h"

/* How far programs reach that are not looked at more closely. What is in no list may write anything
 * anywhere. */

/* They write nothing that was not there, or only what they are told by a redirection. */
static const char *const harmless[] = {
    ":",         "[",        "[[",       "base32",   "base64",    "basename",  "cat",
    "cd",        "chgrp",    "chmod",    "chown",    "cksum",     "cmp",       "command",
    "cut",       "date",     "declare",  "df",       "diff",      "dirname",   "du",
    "echo",      "egrep",    "env",      "exit",     "export",    "expr",      "false",
    "fgrep",     "file",     "find",     "getconf",  "getent",    "getopts",   "grep",
    "groups",    "hash",     "head",     "hostname", "id",        "jq",        "kill",
    "ldd",       "let",      "local",    "ls",       "md5sum",    "nm",        "nproc",
    "popd",      "printenv", "printf",   "ps",       "pushd",     "pwd",       "read",
    "readelf",   "readlink", "readonly", "realpath", "return",    "rm",        "rmdir",
    "seq",       "set",      "setcap",   "sha1sum",  "sha224sum", "sha256sum", "sha384sum",
    "sha512sum", "shasum",   "shift",    "shopt",    "shred",     "sleep",     "sort",
    "stat",      "strip",    "sync",     "tail",     "test",      "tr",        "true",
    "truncate",  "tty",      "type",     "typeset",  "ulimit",    "umask",     "uname",
    "uniq",      "unlink",   "unset",    "upx",      "wait",      "wc",        "which",
    "whoami",    "xargs",    "zcat"};

/* They write into the directories of the distribution. */
static const char *const system_wide[] = {"a2disconf",
                                          "a2dismod",
                                          "a2dissite",
                                          "a2enconf",
                                          "a2enmod",
                                          "a2ensite",
                                          "add-apt-repository",
                                          "addgroup",
                                          "adduser",
                                          "apk",
                                          "apt-cache",
                                          "apt-config",
                                          "apt-get",
                                          "apt-key",
                                          "apt-mark",
                                          "chpasswd",
                                          "corepack",
                                          "debconf-set-selections",
                                          "delgroup",
                                          "deluser",
                                          "dnf",
                                          "docker-php-ext-configure",
                                          "docker-php-ext-enable",
                                          "docker-php-ext-install",
                                          "dpkg",
                                          "dpkg-architecture",
                                          "dpkg-divert",
                                          "dpkg-query",
                                          "dpkg-reconfigure",
                                          "fc-cache",
                                          "gem",
                                          "gosu",
                                          "gpgconf",
                                          "groupadd",
                                          "groupdel",
                                          "groupmod",
                                          "ldconfig",
                                          "locale-gen",
                                          "localedef",
                                          "lsb_release",
                                          "microdnf",
                                          "mktemp",
                                          "passwd",
                                          "pecl",
                                          "phpenmod",
                                          "rc-update",
                                          "rpm",
                                          "rustup",
                                          "service",
                                          "systemctl",
                                          "tdnf",
                                          "update-alternatives",
                                          "update-ca-certificates",
                                          "update-ca-trust",
                                          "update-locale",
                                          "update-rc.d",
                                          "useradd",
                                          "userdel",
                                          "usermod",
                                          "yum",
                                          "zypper"};

/* Most names are in no list: their first letters tell. */
static bool is_in(const char *const *list, size_t count, str name)
{
    for (size_t i = 0; name.len && i < count; i++)
        if (list[i][0] == name.at[0] && str_eq(str_from(list[i]), name))
            return true;
    return false;
}

bool program_is_harmless(str name)
{
    return is_in(harmless, ARRAY_COUNT(harmless), name);
}

bool program_is_system_wide(str name)
{
    return is_in(system_wide, ARRAY_COUNT(system_wide), name);
}
