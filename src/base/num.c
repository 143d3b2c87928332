#include "base/num.h"

str size_print(struct arena *arena, uint64_t size_bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    if (size_bytes < 1000)
        return str_fmt(arena, "%" PRIu64 " B", size_bytes);
    double value = (double)size_bytes / 1000;
    size_t unit = 0;
    while (value >= 999.95 && unit + 1 < ARRAY_COUNT(units)) {
        value /= 1000;
        unit++;
    }
    return str_fmt(arena, "%.1f %s", value, units[unit]);
}

static bool unit_factor(str unit, uint64_t *out_factor)
{
    static const struct {
        const char *name;
        uint64_t factor;
    } units[] = {
        {"", 1},
        {"b", 1},
        {"k", 1000},
        {"kb", 1000},
        {"kib", 1ull << 10},
        {"m", 1000000},
        {"mb", 1000000},
        {"mib", 1ull << 20},
        {"g", 1000000000},
        {"gb", 1000000000},
        {"gib", 1ull << 30},
        {"t", 1000000000000},
        {"tb", 1000000000000},
        {"tib", 1ull << 40},
    };
    for (size_t i = 0; i < ARRAY_COUNT(units); i++)
        if (str_eq_nocase(unit, str_from(units[i].name))) {
            *out_factor = units[i].factor;
            return true;
        }
    return false;
}

bool size_parse(str text, uint64_t *out_bytes, struct err *err)
{
    str trimmed = str_trim(text);
    size_t digits = 0, dot = STR_MISSING;
    while (digits < trimmed.len && (char_is_digit(trimmed.at[digits]) ||
                                    (trimmed.at[digits] == '.' && dot == STR_MISSING))) {
        if (trimmed.at[digits] == '.')
            dot = digits;
        digits++;
    }
    uint64_t whole = 0, factor = 1, bytes;
    bool ok = digits && str_to_u64(str_slice(trimmed, 0, dot < digits ? dot : digits), &whole) &&
              unit_factor(str_trim(str_from_index(trimmed, digits)), &factor) &&
              !__builtin_mul_overflow(whole, factor, &bytes);
    double fraction = 0, place = 0.1;
    for (size_t i = dot; ok && dot != STR_MISSING && ++i < digits; place /= 10)
        fraction += place * (trimmed.at[i] - '0');
    if (!ok || __builtin_add_overflow(bytes, (uint64_t)(fraction * (double)factor), &bytes)) {
        err_set(err, ERR_USAGE, "'%.*s' is no size", STR_ARG(text));
        return err_hint(err, "write a number and a unit, as in 20MiB, 1.5GB or 500k");
    }
    *out_bytes = bytes;
    return true;
}

/* Days from 1970-01-01 to a civil date: months count from March, so that the leap day is last. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    uint64_t of_era = (uint64_t)(year - era * 400);
    uint64_t of_year = (153u * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    uint64_t day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return era * 146097 + (int64_t)day_of_era - 719468;
}

bool date_parse(str text, int64_t *out_days)
{
    uint64_t year, month, day;
    if (text.len != 10 || text.at[4] != '-' || text.at[7] != '-' ||
        !str_to_u64(str_slice(text, 0, 4), &year) || !str_to_u64(str_slice(text, 5, 7), &month) ||
        !str_to_u64(str_slice(text, 8, 10), &day) || !month || month > 12 || !day || day > 31)
        return false;
    int64_t days = days_of((int64_t)year, (unsigned)month, (unsigned)day);
    /* The 31st of a short month is no date: its first day after would be another month. */
    int64_t next = month == 12 ? days_of((int64_t)year + 1, 1, 1)
                               : days_of((int64_t)year, (unsigned)month + 1, 1);
    if (days >= next)
        return false;
    *out_days = days;
    return true;
}

/* Two digits below a limit. */
static bool two_digits(str text, size_t at, unsigned below, unsigned *out)
{
    if (at + 2 > text.len || !char_is_digit(text.at[at]) || !char_is_digit(text.at[at + 1]))
        return false;
    *out = (unsigned)(text.at[at] - '0') * 10 + (unsigned)(text.at[at + 1] - '0');
    return *out < below;
}

/* "Z" or "+02:00". */
static bool zone_parse(str zone, int64_t *out_offset_s)
{
    unsigned hours, minutes;
    *out_offset_s = 0;
    if (str_eq_nocase(zone, STR("Z")))
        return true;
    if (zone.len != 6 || (zone.at[0] != '+' && zone.at[0] != '-') || zone.at[3] != ':' ||
        !two_digits(zone, 1, 24, &hours) || !two_digits(zone, 4, 60, &minutes))
        return false;
    *out_offset_s = (int64_t)(hours * 3600 + minutes * 60) * (zone.at[0] == '+' ? 1 : -1);
    return true;
}

bool time_parse(str text, int64_t *out_seconds)
{
    int64_t days, offset_s;
    unsigned hour, minute, second;
    if (text.len < 20 || !date_parse(str_slice(text, 0, 10), &days) ||
        !(char_lower(text.at[10]) == 't' || text.at[10] == ' ') || text.at[13] != ':' ||
        text.at[16] != ':' || !two_digits(text, 11, 24, &hour) ||
        !two_digits(text, 14, 60, &minute) || !two_digits(text, 17, 61, &second))
        return false;
    size_t at = 19;
    if (text.at[at] == '.')
        for (at++; at < text.len && char_is_digit(text.at[at]);)
            at++;
    if (!zone_parse(str_from_index(text, at), &offset_s))
        return false;
    *out_seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset_s;
    return true;
}

str date_print(struct arena *arena, int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    uint64_t of_era = (uint64_t)(days - era * 146097);
    uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint64_t month = (5 * of_year + 2) / 153;
    uint64_t day = of_year - (153 * month + 2) / 5 + 1;
    month = month < 10 ? month + 3 : month - 9;
    int64_t civil = (int64_t)year + era * 400 + (month <= 2);
    return str_fmt(arena, "%04" PRId64 "-%02" PRIu64 "-%02" PRIu64, civil, month, day);
}
