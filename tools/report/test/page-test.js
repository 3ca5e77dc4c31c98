// SPDX-License-Identifier: GPL-2.0-only
// What a person does with matrix.html, done in a browser. Appended to the page by page-test, which
// sets SUITE before; the verdicts go to #tap.
"use strict";
(() => {
	const $ = (id) => document.getElementById(id);
	const all = (selector) => [...document.querySelectorAll(selector)];
	const names = () => all("tr.case .name").map((button) => button.title);
	const visible = (element) => Boolean(element) && element.getClientRects().length > 0;
	const lines = [];

	function check(name, ok, detail = "") {
		lines.push(`${ok ? "ok" : "not ok"} ${name}${ok || detail === "" ? "" : ` # ${String(detail).replace(/\s+/g, " ").slice(0, 300)}`}`);
	}

	function note(text) {
		lines.push(`# ${text}`);
	}

	function type(text) {
		$("text").value = text;
		$("text").dispatchEvent(new Event("input", { bubbles: true }));
	}

	function press(key) {
		document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
	}

	const chip = (state) => document.querySelector(`#chips [data-state="${state}"]`);
	const group = (id) => document.querySelector(`[data-key="g:${id}"]`);
	const cell = (name, kernel) => all("tr.case").find((row) => row.querySelector(".name").title === name)
		?.querySelectorAll(".cell")[kernel];

	function luminance(rgb) {
		const [r, g, b] = rgb.match(/[\d.]+/g).slice(0, 3).map((c) => c / 255)
			.map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	}

	function contrast(one, other) {
		const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
		return (light + 0.05) / (dark + 0.05);
	}

	// Where a pattern lies over the page's own background, that one is measured.
	function backgroundOf(element) {
		for (let at = element; at; at = at.parentElement) {
			const { backgroundColor } = getComputedStyle(at);
			if (!/^rgba\(.*, 0\)$|^transparent$/.test(backgroundColor))
				return backgroundColor;
		}
		return getComputedStyle(document.body).backgroundColor;
	}

	// --- what it does, on the golden runs

	function testFirstSight() {
		check("first_sight.count", /^16 scenarios$/.test($("shown").textContent), $("shown").textContent);
		check("first_sight.red_is_open", names().includes("fork.base_pin_rw_fast.parent_writes"), names().join());
		check("first_sight.five_columns", all("thead th").length === 6, all("thead th").length);
		check("first_sight.failed_kernel_says_so", all("thead th")[1].textContent.includes("✗ 1"), all("thead th")[1].textContent);
		check("first_sight.no_detail", $("detail").hidden);
	}

	function testTextFilter() {
		type("fork uring");
		check("filter.words", names().join() === "fork.thp_pmd_uring.parent_writes", names().join());
		check("filter.words.count", $("shown").textContent === "1 of 16 scenarios", $("shown").textContent);
		type("fork.*_slow.*");
		check("filter.glob", names().join() === "fork.base_pin_ro_slow.parent_writes", names().join());
		type("MEMFD");
		check("filter.case_and_topic", names().length === 3 && names().every((name) => name.startsWith("memfd")), names().join());
		type("no such name");
		check("filter.nothing", names().length === 0 && visible($("nothing")));
		$("reset").click();
		check("filter.reset", $("text").value === "" && /^16 /.test($("shown").textContent) && !visible($("nothing")));
	}

	function testStateFilter() {
		chip("timeout").click();
		check("chip.timeout", names().join() === "fork.thp_pmd_uring.parent_writes", names().join());
		check("chip.pressed", chip("timeout").getAttribute("aria-pressed") === "true");
		chip("xpass").click();
		check("chip.two_states_are_or", names().length === 2, names().join());
		type("slow");
		check("chip.and_text", names().join() === "fork.base_pin_ro_slow.parent_writes", names().join());
		type("");
		chip("timeout").click();
		chip("xpass").click();
		check("chip.released", /^16 scenarios$/.test($("shown").textContent), $("shown").textContent);
		document.querySelector("#chips [data-differs]").click();
		check("chip.differs", names().includes("fork.base_pin_ro_slow.parent_writes") && !names().includes("insmod"), names().join());
		document.querySelector("#chips [data-differs]").click();
	}

	function testFolding() {
		$("unfold").click();
		check("fold.unfold_all", names().length === 16, names().length);
		group("fork").click();
		check("fold.topic_hides_cases", !names().some((name) => name.startsWith("fork.")), names().join());
		check("fold.says_so", group("fork").getAttribute("aria-expanded") === "false");
		check("fold.sum_stays", group("fork").closest("tr").textContent.includes("✗"));
		check("fold.others_stay", names().some((name) => name.startsWith("memfd.")));
		group("fork").click();
		check("fold.opens_again", names().length === 16, names().length);
		group("fork/base").click();
		check("fold.kind", names().length === 14 && group("fork/thp_pmd") !== null, names().length);
		$("fold").click();
		check("fold.fold_all", names().length === 0 && group("fork") !== null);
		$("unfold").click();
	}

	function testDetail() {
		cell("fork.base_pin_rw_fast.parent_writes", 3).click();
		const text = $("detail").textContent;
		check("detail.opens", visible($("detail")));
		check("detail.evidence", /pfn=a6c9 held=a6c9 path=fast ref=1026 map=1 pins=1/.test(text), text);
		check("detail.facts", /memorybaseholdpin_rw_fasteventforkrowsB11 R28/.test(text), text);
		check("detail.foreign_text_is_text", text.includes("the device's <write> & more"), text);
		check("detail.chosen_kernel", document.querySelector("#detail .chosen h3").textContent.includes("debian-backports"));
		check("detail.other_kernels", all("#detail section").length === 5);
		check("detail.again", document.querySelector(".again").textContent ===
			"make selftests KERNELS=debian-backports TESTS='fork.base_pin_rw_fast.parent_writes'");
		check("detail.address", decodeURIComponent(location.hash) === "#fork.base_pin_rw_fast.parent_writes@debian-backports", location.hash);
		press("Escape");
		check("detail.escape_closes", $("detail").hidden && location.hash === "", location.hash);
		check("detail.focus_returns", document.activeElement === cell("fork.base_pin_rw_fast.parent_writes", 3));
		cell("build", 0).click();
		check("detail.build_failure", $("detail").textContent.includes("build.debian-5.10") &&
			$("detail").textContent.includes("the probe pin_user_pages failed"));
		cell("memfd.base_memfd.holds", 1).click();
		check("detail.skip_reason", $("detail").textContent.includes("needs memfd pins (Linux 6.11)"));
		cell("clean.splat.fork", 3).click();
		check("detail.splat", $("detail").textContent.includes("try_grab_folio"));
		document.querySelector('[data-key="k:3"]').click();
		check("detail.run_facts", $("detail").textContent.includes("a splat in the kernel log"));
		document.querySelector("#detail .close").click();
		check("detail.close_button", $("detail").hidden);
	}

	function testLink() {
		$("fold").click();
		history.replaceState(null, "", "#fork.thp_pmd_uring.parent_writes@debian-backports");
		window.dispatchEvent(new HashChangeEvent("hashchange"));
		check("link.opens", visible($("detail")) && document.querySelector("#detail h2").textContent === "fork.thp_pmd_uring.parent_writes");
		check("link.unfolds", names().includes("fork.thp_pmd_uring.parent_writes"));
		press("Escape");
		history.replaceState(null, "", "#no.such.case@debian-backports");
		window.dispatchEvent(new HashChangeEvent("hashchange"));
		check("link.unknown_is_ignored", $("detail").hidden);
		history.replaceState(null, "", location.pathname);
		$("unfold").click();
	}

	function testKeyboard() {
		check("keys.one_tab_stop", all('#matrix [tabindex="0"]').length === 1);
		group("fork").focus();
		press("ArrowLeft");
		check("keys.left_folds", group("fork").getAttribute("aria-expanded") === "false");
		press("ArrowRight");
		check("keys.right_unfolds", group("fork").getAttribute("aria-expanded") === "true");
		check("keys.focus_stays", document.activeElement === group("fork"));
		press("ArrowDown");
		press("ArrowDown");
		check("keys.down", document.activeElement.classList.contains("name"), document.activeElement.outerHTML);
		press("ArrowRight");
		check("keys.right", document.activeElement.classList.contains("cell"));
		const before = document.activeElement;
		press("ArrowDown");
		press("ArrowUp");
		check("keys.column_stays", document.activeElement === before);
		check("keys.one_tab_stop_after", all('#matrix [tabindex="0"]').length === 1);
	}

	function testKernelTests() {
		const [suite, own] = all("#sets button");
		check("sets.two", visible($("sets")) && all("#sets button").length === 2);
		check("sets.suite_first", suite.getAttribute("aria-pressed") === "true");
		own.click();
		check("sets.pressed", all("#sets button")[1].getAttribute("aria-pressed") === "true");
		check("sets.columns", all("thead th").length === 2 && all("thead th")[1].textContent.startsWith("6.12"),
			all("thead th").map((one) => one.textContent).join());
		check("sets.date", /make selftests-kernel: debian-6\.12 .* on \d{4}-\d\d-\d\d\./.test($("facts").textContent),
			$("facts").textContent);
		check("sets.red_is_open", names().includes("cow.pins"), names().join());
		cell("cow.pins", 0).click();
		check("sets.again", document.querySelector(".again").textContent ===
			"make selftests-kernel KERNELS=debian-6.12 TESTS='cow.pins'", document.querySelector(".again").textContent);
		check("sets.address", decodeURIComponent(location.hash) === "#cow.pins@debian-6.12-kernel-tests", location.hash);
		all("#sets button")[0].click();
		check("sets.back", /^16 scenarios$/.test($("shown").textContent) && $("detail").hidden, $("shown").textContent);
		history.replaceState(null, "", "#cow.pins@debian-6.12-kernel-tests");
		window.dispatchEvent(new HashChangeEvent("hashchange"));
		check("sets.link", visible($("detail")) && document.querySelector("#detail h2").textContent === "cow.pins");
		all("#sets button")[0].click();
		$("unfold").click();
	}

	// --- how it looks

	function testLooks() {
		const cells = new Map(all(".cell").map((one) => [one.classList[1], one]));
		const signs = new Set([...cells.values()].map((one) => one.textContent));
		check("looks.every_state", cells.size === 7, [...cells.keys()].join());
		check("looks.a_sign_a_state", signs.size === cells.size);
		for (const [state, one] of cells) {
			const ratio = contrast(getComputedStyle(one).color, backgroundOf(one));
			check(`looks.contrast.${state}`, ratio >= 4.5, ratio.toFixed(2));
			check(`looks.spoken.${state}`, one.getAttribute("aria-label").includes(state));
		}
		const body = getComputedStyle(document.body);
		check("looks.contrast.text", contrast(body.color, body.backgroundColor) >= 7);
		check("looks.no_network", performance.getEntriesByType("resource").length === 0 &&
			!all("link, img, script[src], iframe").length);
	}

	function testDark() {
		check("dark.asked_for", matchMedia("(prefers-color-scheme: dark)").matches);
		check("dark.is_dark", luminance(getComputedStyle(document.body).backgroundColor) < 0.05);
	}

	function testPhone() {
		const small = all("#chips button, .folds button, .group button, .cell, .name, #text")
			.filter((one) => visible(one) && one.getBoundingClientRect().height < 43.5);
		check("phone.is_narrow", innerWidth <= 400, innerWidth);
		check("phone.nothing_sticks_out", document.documentElement.scrollWidth <= innerWidth, document.documentElement.scrollWidth);
		check("phone.all_columns_fit", all("thead th").every((one) => one.getBoundingClientRect().right <= innerWidth + 1));
		check("phone.room_for_a_finger", small.length === 0, small.map((one) => one.outerHTML).join());
		check("phone.text_is_readable", all(".name, .cell, .sum").every((one) => parseFloat(getComputedStyle(one).fontSize) >= 11));
		cell("fork.base_pin_rw_fast.parent_writes", 3).click();
		const sheet = $("detail").getBoundingClientRect();
		check("phone.detail_is_a_sheet", Math.abs(sheet.bottom - innerHeight) <= 1 && sheet.width === innerWidth && sheet.top > 0,
			`${sheet.top} ${sheet.bottom} ${innerHeight}`);
	}

	// --- fifteen hundred rows: a person must not wait; how long it took is said, not judged finely

	function testLarge() {
		const timed = (what, action) => {
			const begin = performance.now();
			action();
			document.body.getBoundingClientRect();
			const took = performance.now() - begin;
			note(`${what}: ${took.toFixed(0)} ms`);
			return took;
		};
		const unfold = timed("unfold all rows", () => $("unfold").click());
		check("large.rows", names().length >= 1500, names().length);
		check("large.cells", all(".cell").length >= 7500, all(".cell").length);
		const filter = timed("filter by name", () => type("thp_pmd uring"));
		check("large.filtered", names().length > 0 && names().every((name) => /thp_pmd.*uring/.test(name)));
		const chips = timed("filter by state", () => { type(""); chip("xfail").click(); });
		check("large.no_long_wait", Math.max(unfold, filter, chips) < 5000, `${unfold} ${filter} ${chips}`);
	}

	// --- kernels by the hundred: series are folded, and rows far away are not in the document

	function testWide() {
		const kernels = Number(/on (\d+) kernels/.exec($("facts").textContent)[1]);
		const timed = (what, action) => {
			const begin = performance.now();
			action();
			document.body.getBoundingClientRect();
			const took = performance.now() - begin;
			note(`${what}: ${took.toFixed(0)} ms`);
			return took;
		};
		note(`${kernels} kernels, ${$("shown").textContent}, page of ${(document.documentElement.innerHTML.length / 1e6).toFixed(1)} MB`);
		note(`parsed and rendered ${performance.now().toFixed(0)} ms after the navigation began`);
		if (performance.memory)
			note(`heap of the script: ${(performance.memory.usedJSHeapSize / 1e6).toFixed(0)} MB`);
		check("wide.series_are_columns", all("thead th").length === 19, all("thead th").length);
		check("wide.series_has_sum", /6\.1.*x86_64.*kernels.*✗/.test(document.querySelector('[data-key="s:6.1 x86_64"]').textContent),
			document.querySelector("thead").textContent);
		const unfold = timed("unfold all rows", () => $("unfold").click());
		const cells = all(".cell").length;
		note(`${cells} cells in the document`);
		check("wide.few_cells", cells < 12000, cells);
		check("wide.shown", /^\d+ scenarios$/.test($("shown").textContent), $("shown").textContent);
		const filter = timed("filter by name", () => type("mprotect base get_rw_fast scenario_6"));
		check("wide.filtered", names().length > 0 && names().every((name) => /^mprotect\.base_get_rw_fast/.test(name)), names().join());
		check("wide.mixed_cell", all("tr.case .cell.mixed.red").length > 0);
		const open = timed("open a series", () => document.querySelector('[data-key="s:6.1 x86_64"]').click());
		check("wide.series_opens", all("thead th").length === 18 + kernels / 18, all("thead th").length);
		check("wide.column_of_kernel", all('thead [data-key^="k:"]').some((one) => one.textContent.includes("6.1.1")));
		document.querySelector('tr.case .cell.fail[data-key]').click();
		check("wide.detail_groups_kernels", /\d+ kernels: (pass|fail)/.test($("detail").textContent) && all("#detail section").length < 10,
			$("detail").textContent);
		check("wide.detail_evidence", $("detail").textContent.includes("SYNC BROKEN"), $("detail").textContent);
		press("Escape");
		document.querySelector('[data-key="s:6.1 x86_64"]').click();
		check("wide.series_folds", all("thead th").length === 19);
		type("");
		$("fold").click();
		const target = document.querySelector("#data").textContent.match(/"name":"(swap\.hugetlb_[^"]*)"/)[1];
		history.replaceState(null, "", `#${target}@stable@6.12.2.riscv64`);
		window.dispatchEvent(new HashChangeEvent("hashchange"));
		check("wide.link_opens_series_and_row", visible($("detail")) && names().includes(target), target);
		check("wide.no_long_wait", Math.max(unfold, filter, open) < 8000, `${unfold} ${filter} ${open}`);
	}

	const SUITES = {
		behaviour: [testFirstSight, testTextFilter, testStateFilter, testFolding, testDetail, testLink, testKeyboard, testKernelTests],
		light: [testLooks],
		dark: [testDark, testLooks],
		phone: [testPhone],
		large: [testLarge],
		wide: [testWide],
	};
	try {
		if (!["behaviour", "large", "wide"].includes(SUITE))
			$("unfold").click();
		SUITES[SUITE].forEach((test) => test());
		check("script_ran_to_its_end", true);
	} catch (error) {
		check("script_ran_to_its_end", false, error.stack);
	}
	// On the phone the page is in a frame of that size: Chromium's windows have a least width.
	const pre = parent.document.createElement("pre");
	pre.id = "tap";
	pre.hidden = true;
	pre.textContent = `\n${lines.join("\n")}\n`;
	parent.document.body.append(pre);
})();
