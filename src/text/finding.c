#include "text/finding.h"

#include <stdlib.h>
#include <string.h>

struct order {
    const char *(*rule_name)(const struct rule *);
};

static int compare(const void *a, const void *b, void *context)
{
    const struct order *order = context;
    const struct finding *left = a, *right = b;
    if (left->at.start != right->at.start)
        return left->at.start < right->at.start ? -1 : 1;
    if (left->at.end != right->at.end)
        return left->at.end < right->at.end ? -1 : 1;
    int names =
        str_order(str_from(order->rule_name(left->rule)), str_from(order->rule_name(right->rule)));
    return names ? names : str_order(left->message, right->message);
}

void findings_sort(struct finding_list *findings, const char *(*rule_name)(const struct rule *))
{
    struct order order = {rule_name};
    if (findings->count > 1)
        qsort_r(findings->at, findings->count, sizeof(*findings->at), compare, &order);
}
