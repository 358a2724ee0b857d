// Linux's namespaces, which the C library's headers show to GNU's C alone.
#pragma once
#include <linux/sched.h>

int unshare(int flags);
int setns(int descriptor, int kind);
