/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of page/ that the linker puts into the program, each ends with a zero byte. */
#ifndef PINCHECK_REPORT_ASSET_H
#define PINCHECK_REPORT_ASSET_H

extern const char asset_html[];
extern const char asset_css[];
extern const char asset_js[];

#endif
