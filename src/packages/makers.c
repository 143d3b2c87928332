#include "packages/recommends.h"

/*
 * Files that stand in no list because a package made them when it, or another, was installed. The
 * first row that fits wins; a row that ends in '/' is a folder, one with a '*' in front an end.
 */
static const struct {
    const char *path, *makers;
} rows[] = {
    {"var/lib/dpkg/alternatives/", "dpkg"},
    {"var/lib/dpkg/", "dpkg"},
    {"etc/alternatives/", "dpkg"},
    {"var/log/dpkg.log", "dpkg"},
    {"var/log/alternatives.log", "dpkg"},
    {"var/lib/apt/", "apt"},
    {"var/cache/apt/", "apt"},
    {"var/log/apt/", "apt"},
    {"etc/apt/", "apt"},
    {"var/cache/debconf/", "debconf"},
    {"etc/ld.so.cache", "libc-bin"},
    {"var/cache/ldconfig/", "libc-bin"},
    {"usr/lib/locale/", "locales libc-bin"},
    {"*/gconv-modules.cache", "libc-bin"},
    {"etc/locale", "locales libc-bin"},
    {"etc/default/locale", "locales"},
    {"etc/ssl/certs/", "ca-certificates openssl"},
    {"usr/share/ca-certificates/", "ca-certificates"},
    {"etc/ca-certificates", "ca-certificates"},
    {"usr/local/share/ca-certificates/", "ca-certificates"},
    {"usr/share/mime/", "shared-mime-info"},
    {"usr/share/applications/mimeinfo.cache", "desktop-file-utils"},
    {"usr/share/info/dir", "install-info"},
    {"*/icon-theme.cache", "libgtk-3-bin gtk-update-icon-cache libgtk2.0-bin"},
    {"*/gschemas.compiled", "libglib2.0-bin libglib2.0-0"},
    {"*/giomodule.cache", "libglib2.0-0"},
    {"*/gdk-pixbuf-2.0/2.10.0/loaders.cache", "libgdk-pixbuf-2.0-0"},
    {"var/cache/fontconfig/", "fontconfig"},
    {"*/immodules.cache", "libgtk-3-0"},
    {"var/cache/man/", "man-db"},
    {"var/lib/systemd/", "systemd"},
    {"etc/systemd/", "systemd"},
    {"etc/machine-id", "systemd dbus"},
    {"var/lib/dbus/", "dbus"},
    {"var/lib/pam/", "libpam-runtime"},
    {"etc/pam.d/", "libpam-runtime"},
    {"etc/passwd", "base-passwd"},
    {"etc/group", "base-passwd"},
    {"etc/shadow", "passwd base-passwd"},
    {"etc/gshadow", "passwd base-passwd"},
    {"etc/subuid", "passwd"},
    {"etc/subgid", "passwd"},
    {"var/log/faillog", "passwd login"},
    {"var/log/lastlog", "passwd login"},
    {"var/log/", "base-files"},
    {"etc/shells", "debianutils"},
    {"etc/nsswitch.conf", "base-files"},
    {"etc/profile", "base-files"},
    {"etc/motd", "base-files"},
    {"root/.", "base-files"},
    {"etc/environment", "base-files"},
    {"etc/hostname", "base-files"},
    {"etc/timezone", "tzdata"},
    {"etc/localtime", "tzdata"},
    {"var/lib/python/", "python3-minimal python3"},
    {"usr/share/python3/", "python3"},
    {"var/lib/emacsen-common/", "emacsen-common"},
    {"var/lib/ucf/", "ucf"},
    {"var/lib/shells.state", "debianutils"},
    {"var/lib/sgml-base/", "sgml-base"},
    {"etc/sgml/", "sgml-base"},
    {"var/lib/xml-core/", "xml-core"},
    {"etc/xml/", "xml-core"},
    {"etc/java", "ca-certificates-java openjdk-17-jre-headless"},
    {"usr/lib/jvm/", "openjdk-17-jre-headless"},
    {"usr/share/vim/", "vim-common vim-tiny"},
    {"usr/share/perl5/XML/SAX/ParserDetails.ini", "libxml-sax-perl"},
    {"usr/lib/ghc/", "ghc"},
    {"var/lib/ghostscript/", "ghostscript libgs-common"},
    {"var/lib/aspell/", "aspell dictionaries-common"},
    {"etc/ssh/", "openssh-server openssh-client"},
};

/* Asked for every file that no list names: most rows are told by their first byte. */
static bool fits(str path, const char *row)
{
    if (row[0] == '*')
        return str_ends(path, str_from(row + 1));
    return path.at[0] == row[0] &&
           str_starts(path, str_from(row)); /* "etc/passwd" is "etc/passwd-" too */
}

/* "var/lib/dpkg/info/libc6:amd64.md5sums" is of libc6. */
static bool info_maker(str path, str *out_names)
{
    const str info = STR("var/lib/dpkg/info/");
    if (!str_starts(path, info))
        return false;
    str name = str_from_index(path, info.len);
    size_t end = str_find_char(name, ':');
    name = str_slice(name, 0, end == STR_MISSING ? str_find_last_char(name, '.') : end);
    *out_names = name;
    return name.len > 0 && !str_has_char(name, '/');
}

bool package_makers(str path, str *out_names)
{
    if (info_maker(path, out_names))
        return true;
    for (size_t i = 0; path.len && i < ARRAY_COUNT(rows); i++)
        if (fits(path, rows[i].path)) {
            *out_names = str_from(rows[i].makers);
            return true;
        }
    return false;
}
