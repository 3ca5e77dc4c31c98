/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of page/, as they are. */
.macro asset symbol, file
	.global	\symbol
\symbol:
	.incbin	"\file"
	.byte	0
.endm

	.section .rodata
asset asset_html, "tools/report/page/matrix.html"
asset asset_css, "tools/report/page/matrix.css"
asset asset_js, "tools/report/page/matrix.js"

	.section .note.GNU-stack, "", %progbits
