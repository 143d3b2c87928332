#pragma once

#include "base/err.h"
#include "base/hash.h"
#include "fix/fix.h"
#include "report/history_report.h"
#include "rules/rules.h"

/*
 * report/report -- everything that a person or a machine reads.
 *
 *   result --report_check--> terminal text | line | JSON | SARIF | annotations | ...
 *
 * Shapes   Results in, one text out; nothing here prints. Foreign bytes (paths, messages, source
 *          lines) lose their control bytes in human output, so that a file cannot drive the
 *          terminal. Machine formats are one document with a fixed order of keys.
 * Units    Lines and columns start at 1; columns count UTF-8 bytes, but code points in SARIF.
 *          Bytes are decimal for people ("12.3 MB") and plain numbers in JSON.
 * Cost     Linear in findings and in the bytes of the files that have any.
 * Errors   None can fail.
 * Threads  No state.
 * Source   plimsoll.check/1 and plimsoll.context/1: docs/json.md; SARIF 2.1.0 (OASIS); GitHub
 *          workflow commands; GitLab code quality; reviewdog's rdjson; BuildKit's lint subrequest.
 */

struct analysis;       /* analyze/analyze.h */
struct package_list;   /* packages/packages.h */
struct context_report; /* context/context.h */
struct base_fact;      /* rules/facts.h     */
struct image;          /* oci/oci.h         */
struct image_diff;     /* analyze/image_diff.h */
struct store_pruned;   /* store/store.h     */

/* How it is to look for a person. */
struct report_style {
    unsigned width; /* columns */
    bool color;
    bool quiet; /* findings only: no summary */
};

enum check_format {
    CHECK_HUMAN,
    CHECK_LINE,
    CHECK_JSON,
    CHECK_SARIF,
    CHECK_GITHUB,
    CHECK_GITLAB,
    CHECK_RDJSON,
    CHECK_BUILDKIT,
};
#define CHECK_FORMATS "human|line|json|sarif|github|gitlab|rdjson|buildkit"

/* The result of a check. */
str report_check(struct arena *arena, const struct check_result *result, enum check_format format,
                 const struct report_style *style);

/* What `plimsoll` alone says of a repository: what is there, the biggest wins, the next command. */
str report_overview(struct arena *arena, const struct check_result *result,
                    const struct report_style *style);

/* What fix did, or with `diff` would do, file by file. */
struct fix_report {
    VEC(struct fixed_file) files;
    bool diff;
};
#define FIX_FORMATS "human|json"

/* With `diff`, what people read is a unified diff that `git apply` takes. */
str report_fix(struct arena *arena, const struct fix_report *report, bool json,
               const struct report_style *style);

#define CONTEXT_FORMATS "human|json"

/* What a build would send. */
str report_context(struct arena *arena, const struct context_report *report, bool json,
                   const struct report_style *style);

enum analyze_format { ANALYZE_HUMAN, ANALYZE_JSON, ANALYZE_SARIF, ANALYZE_GITHUB };
#define ANALYZE_FORMATS "human|json|sarif|github"

struct analysis_report {
    enum analyze_format format;
    uint32_t top; /* rows of each list; 0: a summary of 20 lines at most */
    bool tree;    /* the folders in place of the lists */
    struct report_style style;
};

/* Where an image's bytes are. */
str report_analysis(struct arena *arena, const struct analysis *analysis,
                    const struct analysis_report *how);

/* The file that `dive --json` writes. */
str report_dive(struct arena *arena, const struct analysis *analysis);

/* The same as one page for a browser, that needs no other file and no network. */
str report_page(struct arena *arena, const struct analysis *analysis,
                const struct package_list *packages);

/* A diff as such a page. */
str report_diff_page(struct arena *arena, const struct image_diff *diff);

enum diff_format { DIFF_HUMAN, DIFF_JSON, DIFF_MARKDOWN };
#define DIFF_FORMATS "human|json|markdown"

/* What changed between two images; at most `top` rows of each list, all for JSON. */
str report_diff(struct arena *arena, const struct image_diff *diff, enum diff_format format,
                uint32_t top, const struct report_style *style);

#define IMAGE_FORMATS "human|json"

/* One name of the store. */
struct stored_image {
    str name, platforms; /* "linux/amd64,linux/arm64" */
    str stands_behind;   /* image_label() of it, or "" */
    digest digest;
    bool whole; /* all blobs of this machine's platform are there */
    uint32_t layers;
    uint64_t compressed_size;
    uint64_t size;    /* of its files */
    bool sized;       /* false: its layers were never read */
    int64_t tagged_s; /* 0: nobody noted it */
};
VEC_TYPE(stored_images, struct stored_image);

/* The names of the store; what one image says of itself; what a prune gave back. */
str report_images(struct arena *arena, const struct stored_images *rows, bool json, int64_t now_s,
                  const struct report_style *style);
str report_image(struct arena *arena, const struct image *image, bool json,
                 const struct report_style *style);
str report_pruned(struct arena *arena, const struct store_pruned *pruned, bool dry, bool json,
                  const struct report_style *style);

/* What pulls or pushes did. */
struct moved_images; /* registry/registry.h */
struct descriptors;  /* oci/oci.h */
str report_referrers(struct arena *arena, str name, const struct descriptors *rows, bool json);
str report_moved(struct arena *arena, const struct moved_images *rows, bool push, bool json);

enum explain_format { EXPLAIN_HUMAN, EXPLAIN_MARKDOWN, EXPLAIN_JSON };
#define EXPLAIN_FORMATS "human|markdown|json"

/* One path of a context and the line of the ignore file that decided. */
struct context_answer {
    str path, ignore_path;
    bool exists, dropped;
    uint32_t line; /* 0: no line decided */
    str pattern;
};
str report_context_answer(struct arena *arena, const struct context_answer *answer, bool json,
                          const struct report_style *style);

/* One rule: what, why, how, sources. */
str report_rule(struct arena *arena, const struct rule *rule, enum explain_format format,
                const struct report_style *style);

/* A list of rules, a line (or row, or object) each. */
str report_rules(struct arena *arena, const struct rule *const *rules, size_t count,
                 enum explain_format format, const struct report_style *style);

/* One base image of the table. */
str report_base(struct arena *arena, const struct base_fact *base, enum explain_format format,
                const struct report_style *style);

/* All base images of the table. */
str report_bases(struct arena *arena, const struct base_fact *bases, size_t count,
                 enum explain_format format, const struct report_style *style);

/* Events as lines for standard error: redrawn on a terminal, one after the other, or as JSON. `say`
 * writes them out; it is called from any thread, by one at a time. */
struct events; /* base/events.h */
struct host;   /* base/host.h */
enum progress_form { PROGRESS_FORM_LIVE, PROGRESS_FORM_PLAIN, PROGRESS_FORM_JSON };
typedef void progress_say(str text);
struct events *progress_new(struct arena *arena, const struct host *host, enum progress_form form,
                            progress_say *say);

/* Take away the lines that are redrawn: something else is to be written. NULL is allowed. */
void progress_clear(struct events *events);

/* "plimsoll: error: outermost: ...: cause" and its hint line. */
str report_error(struct arena *arena, const struct err *err);

/* A line of talk for standard error, as text or as a JSON line. */
str report_note(struct arena *arena, str text, bool json);

/* Text of others made safe to show: control bytes, invalid UTF-8 and characters that turn the
 * reading direction are written as escapes, tabs as four blanks. */
str report_escape(struct arena *arena, str text);

/* "error", "warning", "note". */
const char *severity_name(enum severity severity);

/* "safe", "proof", "suggestion"; "none" for FIX_NONE. */
const char *fix_safety_name(enum fix_safety safety);

/* GitHub's primaryLocationLineHash of each line ("39fa2ee980eb94b0:1"), index 0 is line 1. The
 * count is that of the lines. */
str *report_line_hashes(struct arena *arena, str text, size_t *out_count);
