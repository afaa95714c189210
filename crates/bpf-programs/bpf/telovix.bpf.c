// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * All programs, in one object. One program for each hook, however many profiles are loaded.
 */
#include "kernel.h"
#include "layout.h"
#include "state.h"
#include "maps.h"
#include "path.h"
#include "decide.h"
#include "subject.h"
#include "exec.h"
#include "guard.h"
#include "file.h"
#include "operation.h"
#include "capability.h"
#include "network.h"
#include "syscall.h"

char telovix_license[] SEC("license") = "Dual BSD/GPL";
