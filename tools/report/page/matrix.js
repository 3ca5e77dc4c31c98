// SPDX-License-Identifier: GPL-2.0-only
// The page of matrix.html: what is shown follows from the data, the filters and what is folded.
"use strict";
(() => {
	// By urgency: of several states the first is the one to tell.
	const STATES = [
		{ id: "fail", sign: "✗", says: "fails" },
		{ id: "timeout", sign: "T", says: "did not end in time" },
		{ id: "xpass", sign: "!", says: "passes, although known-issues expects a failure: a stale entry" },
		{ id: "missing", sign: "?", says: "has no result" },
		{ id: "xfail", sign: "x", says: "fails as known" },
		{ id: "skip", sign: "–", says: "skipped" },
		{ id: "pass", sign: "✓", says: "passes" },
	];
	const SAYS = Object.fromEntries(STATES.map((state) => [state.id, state]));
	const $ = (id) => document.getElementById(id);
	const data = JSON.parse($("data").textContent);
	// The kernel's own tests have kernels and scenarios of their own.
	const sets = [{ ...data, name: "pincheck's suite", make: "make selftests" }];
	if (data.kernel_tests)
		sets.push({ ...data.kernel_tests, name: "the kernel's own tests", make: "make selftests-kernel" });
	let set, kernels, rows, topics, fewAreRed;
	// What the table shows side by side: a kernel, or the kernels of a series that is folded.
	let columns;
	const openGroups = new Set();
	// Rows that are far from what a person sees are not in the document.
	const CELLS_AT_ONCE = 10000;
	const ROWS_OF_CHUNK = 50;
	let chunks = [];
	// Folds that a person chose; where none was chosen, defaultOpen() decides. A new filter forgets them.
	const chosen = new Map();
	const filter = { text: "", states: new Set(), differs: false };
	let focusKey = null;
	let detailKey = null;

	function escape(text) {
		return String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
	}

	// --- the data: a cell is a letter, see matrix_page.c

	const stateAt = (row, k) => data.states[(row.states.charCodeAt(k) | 32) - 97];
	const redAt = (row, k) => row.states.charCodeAt(k) < 97;
	const anyRed = (row) => /[A-Z]/.test(row.states);

	function reasonAt(row, k) {
		const list = row.reasons || [];
		for (let i = 0; i < list.length && list[i] <= k; i += 3) {
			if (k < list[i] + list[i + 1])
				return set.texts[list[i + 2]];
		}
		return "";
	}

	function evidenceAt(row, k) {
		const list = row.evidence || [];
		for (let i = 0; i < list.length; i += 2) {
			if (list[i] === k)
				return set.texts[list[i + 1]].split("\n");
		}
		return [];
	}

	// Cases of the run itself have the kernel's name behind theirs.
	function ownNameAt(row, k) {
		const said = stateAt(row, k) !== "missing" && !["stream", "verdict"].includes(row.name);
		return row.topic === "run" && (said || redAt(row, k)) ? `${row.name}.${kernels[k].name}` : "";
	}

	// --- columns

	const isWide = () => kernels.length > data.many;

	function groupColumns() {
		const groups = new Map();
		kernels.forEach((kernel, k) => {
			const id = isWide() ? kernel.group : `kernel ${k}`;
			if (!groups.has(id))
				groups.set(id, []);
			groups.get(id).push(k);
		});
		columns = [...groups].flatMap(([id, ks]) => ks.length === 1 || openGroups.has(id) ?
			ks.map((k, i) => ({ ks: [k], group: ks.length > 1 ? id : "", first: !i })) :
			[{ ks, group: id, folded: true }]);
	}

	function titleOf(column) {
		return column.folded ? `${column.group}, ${column.ks.length} kernels` : kernels[column.ks[0]].title;
	}

	function groupRows(all) {
		const found = new Map();
		all.forEach((row, index) => {
			row.index = index;
			if (!found.has(row.topic))
				found.set(row.topic, { id: row.topic, name: row.topic, kinds: new Map() });
			const { kinds } = found.get(row.topic);
			if (!kinds.has(row.kind))
				kinds.set(row.kind, { id: `${row.topic}/${row.kind}`, name: row.kind, rows: [] });
			kinds.get(row.kind).rows.push(row);
		});
		return [...found.values()].map((topic) => ({ ...topic, kinds: [...topic.kinds.values()] }));
	}

	function chooseSet(next) {
		set = next;
		kernels = set.kernels;
		rows = set.scenarios;
		topics = groupRows(rows);
		openGroups.clear();
		groupColumns();
		// Where much is red, the overview tells more than a list.
		fewAreRed = rows.filter(anyRed).length <= 200;
		focusKey = null;
	}

	function showSet(next) {
		if (detailKey !== null)
			closeDetail();
		chooseSet(next);
		renderSets();
		renderHead();
		renderChips();
		resetFilter();
	}

	// A directory of results of the kernel's own tests has this at its end.
	function plainName(kernel) {
		return kernel.name.replace(/-kernel-tests$/, "");
	}

	// What all kernels' names begin with says nothing in a narrow column.
	function shortName(name) {
		const prefix = "debian-";
		const plain = name.replace(/-kernel-tests$/, "");
		return kernels.every((kernel) => kernel.name.startsWith(prefix)) ? plain.slice(prefix.length) : plain;
	}

	// --- filters

	function wordMatcher(word) {
		if (!/[*?]/.test(word))
			return (name) => name.includes(word);
		const pattern = word.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".");
		const whole = new RegExp(`^${pattern}$`);
		return (name) => whole.test(name);
	}

	function rowMatcher() {
		const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean).map(wordMatcher);
		return (row) => words.every((matches) => matches(row.name)) &&
			(!filter.differs || row.differs) &&
			(!filter.states.size || [...filter.states].some((state) => hasState(row, state)));
	}

	function isFiltered() {
		return Boolean(filter.text.trim() || filter.states.size || filter.differs);
	}

	function filterChanged() {
		chosen.clear();
		render();
	}

	function resetFilter() {
		filter.text = $("text").value = "";
		filter.states.clear();
		filter.differs = false;
		filterChanged();
	}

	// --- folding: a topic opens to its kinds of memory or hold, a kind opens if something in it is red

	function opensForRed(some) {
		return fewAreRed && some.some(anyRed);
	}

	function defaultOpen(group) {
		if (isFiltered())
			return true;
		if (group.kinds)
			return (!isWide() && group.kinds.length > 1) || opensForRed(group.kinds.flatMap((kind) => kind.rows));
		return opensForRed(group.rows);
	}

	function isOpen(group) {
		return chosen.has(group.id) ? chosen.get(group.id) : defaultOpen(group);
	}

	function foldAll(open) {
		for (const topic of topics) {
			chosen.set(topic.id, open);
			topic.kinds.forEach((kind) => chosen.set(kind.id, open));
		}
		render();
	}

	function groupById(id) {
		for (const topic of topics) {
			const found = topic.id === id ? topic : topic.kinds.find((kind) => kind.id === id);
			if (found)
				return found;
		}
		return null;
	}

	function setOpen(id, open) {
		chosen.set(id, open);
		render();
	}

	// --- the table

	function countStates(some, column) {
		const counts = {};
		for (const row of some) {
			for (const k of column.ks) {
				const state = stateAt(row, k);
				counts[state] = (counts[state] || 0) + 1;
			}
		}
		return STATES.filter((state) => counts[state.id]).map((state) => ({ ...state, count: counts[state.id] }));
	}

	function sumOf(counts) {
		const bar = counts.map((one) => `<i class="${one.id}" style="flex:${one.count}"></i>`).join("");
		const texts = counts.map((one, i) =>
			`<span class="${i ? "rest" : "worst"}">${one.sign}\u00a0${one.count} </span>`).join("");
		return `<span class="sum"><span class="bar" aria-hidden="true">${bar}</span>` +
			`<span aria-hidden="true">${texts}</span>`;
	}

	const spokenOf = (counts) => counts.map((one) => `${one.count} ${one.id}`).join(", ");

	function sumCell(some, column) {
		const counts = countStates(some, column);
		return `<td title="${escape(titleOf(column))}: ${spokenOf(counts)}">${sumOf(counts)}` +
			`<span class="unseen">${spokenOf(counts)}</span></span></td>`;
	}

	function groupRow(group, some, level) {
		const open = isOpen(group);
		return `<tr class="group ${level}"><th scope="rowgroup"><button type="button" tabindex="-1" ` +
			`data-key="g:${escape(group.id)}" aria-expanded="${open}">${escape(group.name || "other")} ` +
			`<small>${some.length}</small></button></th>` +
			columns.map((column) => sumCell(some, column)).join("") + "</tr>";
	}

	function caseCell(row, column) {
		const counts = countStates([row], column);
		const worst = counts[0].id;
		const k = column.ks.find((one) => stateAt(row, one) === worst);
		const red = column.ks.some((one) => redAt(row, one)) ? " red" : "";
		const mixed = counts.length > 1 ? " mixed" : "";
		const reason = mixed ? "" : reasonAt(row, k);
		const says = `${titleOf(column)}: ${mixed ? spokenOf(counts) : worst}${reason ? `, ${reason}` : ""}`;
		return `<td><button type="button" tabindex="-1" class="cell ${mixed ? "" : worst}${mixed}${red}" ` +
			`data-key="c:${row.index}:${k}" aria-label="${escape(says)}" title="${escape(says)}">` +
			`${mixed ? `${sumOf(counts)}</span>` : SAYS[worst].sign}</button></td>`;
	}

	// The heading of the group has the topic and the kind already.
	function nameInGroup(row) {
		const name = row.name.startsWith(`${row.topic}.`) ? row.name.slice(row.topic.length + 1) : row.name;
		const has = row.kind && [`${row.kind}_`, `${row.kind}.`].some((start) => name.startsWith(start));
		return has ? name.slice(row.kind.length + 1) : name;
	}

	function breakable(name) {
		return escape(name).replace(/[._]/g, "$&<wbr>");
	}

	function caseRow(row) {
		return `<tr class="case"><th scope="row"><button type="button" tabindex="-1" class="name" ` +
			`data-key="c:${row.index}:-1" title="${escape(row.name)}">${breakable(nameInGroup(row))}</button></th>` +
			columns.map((column) => caseCell(row, column)).join("") + "</tr>";
	}

	// --- rows far away: a chunk of them is one empty row until a person comes near

	function chunkRows(some, whole) {
		if (whole)
			return some.map(caseRow).join("");
		let html = "";
		for (let from = 0; from < some.length; from += ROWS_OF_CHUNK) {
			const part = some.slice(from, from + ROWS_OF_CHUNK);
			html += `</tbody><tbody data-chunk="${chunks.length}">${gapRow(part)}`;
			chunks.push(part);
		}
		return `${html}</tbody><tbody>`;
	}

	function gapRow(part, height = part.length * 33) {
		return `<tr class="gap"><td colspan="${columns.length + 1}" style="height: ${height}px"></td></tr>`;
	}

	function fillChunk(body) {
		if (body.querySelector("tr.gap"))
			body.innerHTML = chunks[body.dataset.chunk].map(caseRow).join("");
	}

	function emptyChunk(body) {
		if (!body.querySelector("tr.gap") && !body.contains(document.activeElement))
			body.innerHTML = gapRow(chunks[body.dataset.chunk], body.getBoundingClientRect().height);
	}

	const nearby = new IntersectionObserver((entries) => {
		entries.forEach((entry) => (entry.isIntersecting ? fillChunk : emptyChunk)(entry.target));
	}, { root: null, rootMargin: "1200px" });

	function chunkOf(row) {
		const number = chunks.findIndex((part) => part.includes(row));
		return number < 0 ? null : $("matrix").querySelector(`[data-chunk="${number}"]`);
	}

	function kindRows(topic, kind, some, whole) {
		const alone = topic.kinds.length === 1 && !kind.name;
		const head = alone ? "" : groupRow(kind, some, "kind");
		return head + (alone || isOpen(kind) ? chunkRows(some, whole) : "");
	}

	function topicBody(topic, matches, whole) {
		const kinds = topic.kinds.map((kind) => [kind, kind.rows.filter(matches)]).filter((pair) => pair[1].length);
		const all = kinds.flatMap((pair) => pair[1]);
		if (!all.length)
			return "";
		const inside = isOpen(topic) ? kinds.map(([kind, some]) => kindRows(topic, kind, some, whole)).join("") : "";
		return `<tbody data-topic="${escape(topic.id)}">${groupRow(topic, all, "topic")}${inside}</tbody>`;
	}

	function hasState(row, state) {
		const letter = String.fromCharCode(97 + data.states.indexOf(state));
		return row.states.includes(letter) || row.states.includes(letter.toUpperCase());
	}

	function renderChips() {
		const chips = STATES.map((state) => ({
			...state, pressed: filter.states.has(state.id),
			count: rows.filter((row) => hasState(row, state.id)).length,
		})).filter((chip) => chip.count || chip.pressed);
		const differing = rows.filter((row) => row.differs).length;
		$("chips").innerHTML = chips.map((chip) =>
			`<button type="button" data-state="${chip.id}" aria-pressed="${chip.pressed}" title="${chip.says}">` +
			`<span class="sign ${chip.id}" aria-hidden="true">${chip.sign}</span>${chip.id} ${chip.count}</button>`).join("") +
			`<button type="button" data-differs aria-pressed="${filter.differs}" ` +
			`title="not the same on all kernels"><span class="sign" aria-hidden="true">≠</span>differs ${differing}</button>`;
	}

	function render() {
		const matches = rowMatcher();
		const table = $("matrix");
		const shown = rows.filter(matches).length;
		const hadFocus = table.contains(document.activeElement);
		nearby.disconnect();
		chunks = [];
		[...table.tBodies].forEach((body) => body.remove());
		table.insertAdjacentHTML("beforeend", topics.map((topic) =>
			topicBody(topic, matches, shown * columns.length <= CELLS_AT_ONCE)).join(""));
		table.querySelectorAll("[data-chunk]").forEach((body) => nearby.observe(body));
		$("nothing").hidden = shown > 0;
		$("shown").textContent = shown === rows.length ? `${rows.length} scenarios` : `${shown} of ${rows.length} scenarios`;
		$("chips").querySelectorAll("button").forEach((chip) => chip.setAttribute("aria-pressed",
			"differs" in chip.dataset ? filter.differs : filter.states.has(chip.dataset.state)));
		markCurrent();
		setTabStop(findKey(focusKey) || table.querySelector("button"), hadFocus);
	}

	function redHead(red) {
		return red ? `<small class="bad">✗ ${red}<i> red</i></small>` : "<small>✓ nothing red</small>";
	}

	// A folded series opens, and the first kernel of one that is open folds it.
	function groupHead(column) {
		const [series, architecture = ""] = column.group.split(" ");
		const red = column.ks.reduce((sum, k) => sum + kernels[k].red, 0);
		return `<th scope="col"><button type="button" tabindex="-1" data-key="s:${escape(column.group)}" ` +
			`aria-expanded="false" title="${escape(titleOf(column))}"><b>${escape(series || "other")}</b>` +
			`<small>${escape(architecture)}</small><small>▸ ${column.ks.length} kernels</small>${redHead(red)}</button></th>`;
	}

	function kernelHead(column) {
		const kernel = kernels[column.ks[0]];
		const fold = column.first && column.group ? `<button type="button" tabindex="-1" class="fold" ` +
			`data-key="s:${escape(column.group)}" aria-expanded="true">▾ ${escape(column.group)}</button>` : "";
		return `<th scope="col">${fold}<button type="button" tabindex="-1" data-key="k:${column.ks[0]}" title="${escape(kernel.title)}">` +
			`<b>${escape(shortName(kernel.name))}</b>` +
			`<small>${escape(kernel.release)}</small>${redHead(kernel.red)}</button></th>`;
	}

	function renderHead() {
		const heads = columns.map((column) => (column.folded ? groupHead : kernelHead)(column));
		$("matrix").style.setProperty("--kernels", columns.length);
		$("matrix").classList.toggle("wide", columns.length > data.many);
		$("matrix").tHead.innerHTML = `<tr><th scope="col">scenario</th>${heads.join("")}</tr>`;
		$("facts").textContent = set === sets[0] ? suiteFacts() : kernelTestsFacts();
	}

	function toggleSeries(group) {
		if (!openGroups.delete(group))
			openGroups.add(group);
		groupColumns();
		renderHead();
		render();
	}

	function suiteFacts() {
		return `${rows.length} scenarios on ${kernels.length} kernels, ${data.created}. ` +
			(data.red ? "Something is red." : "Nothing is red.") +
			data.not_run.map((kernel) => ` ${kernel.name}: ${kernel.reason}.`).join("");
	}

	// Each kernel may have run them at another time.
	function kernelTestsFacts() {
		return `${rows.length} cases from the last make selftests-kernel: ` +
			kernels.map((kernel) => `${kernel.title} on ${kernel.time.slice(0, 10)}`).join(", ") + ".";
	}

	function renderSets() {
		$("sets").hidden = sets.length === 1;
		$("sets").innerHTML = sets.map((one, i) => `<button type="button" data-set="${i}" ` +
			`aria-pressed="${one === set}">${escape(one.name)}</button>`).join("");
	}

	// --- details

	function highlight(line) {
		return line.split(/(BROKEN|\bbroken="[^"]*"|\bpfn=[0-9a-f]+)/).map((part, i) => {
			const tag = part.startsWith("pfn") ? "b" : "mark";
			return i % 2 ? `<${tag}>${escape(part)}</${tag}>` : escape(part);
		}).join("");
	}

	// Kernels with the same result, reason and evidence share a section.
	function sectionsOf(row, chosen) {
		const found = new Map();
		kernels.forEach((kernel, k) => {
			const text = [stateAt(row, k), redAt(row, k), reasonAt(row, k), ...evidenceAt(row, k)].join("\n");
			const id = isWide() ? text : k;
			if (!found.has(id))
				found.set(id, []);
			found.get(id).push(k);
		});
		return [...found.values()].map((ks) => cellSection(row, ks, ks.includes(chosen))).join("");
	}

	function cellSection(row, ks, isChosen) {
		const k = ks[0];
		const state = SAYS[stateAt(row, k)];
		const evidence = evidenceAt(row, k).map(highlight).join("\n");
		const title = ks.length > 1 ? `${ks.length} kernels` : kernels[k].title;
		const names = ks.length > 1 ? `<p class="names">${ks.map((one) => escape(kernels[one].name)).join(" ")}</p>` : "";
		const own = ks.length > 1 ? "" : ownNameAt(row, k);
		return `<section class="${isChosen ? "chosen" : ""}"><h3 class="${state.id}${redAt(row, k) ? " red" : ""}">` +
			`${state.sign} ${escape(title)}: ${state.id}</h3>${names}` +
			(own ? `<p><code>${escape(own)}</code></p>` : "") +
			`<p class="reason">${escape(reasonAt(row, k) || state.says)}</p>` +
			(evidence ? `<pre class="evidence">${evidence}</pre>` : "") + "</section>";
	}

	function caseDetail(row, k) {
		const command = `${set.make} KERNELS=${plainName(kernels[Math.max(k, 0)])}`;
		const again = row.topic === "run" ? command : `${command} TESTS='${row.name}'`;
		return `<h2><code>${breakable(row.name)}</code></h2><p>Again: <code class="again">${escape(again)}</code></p>` +
			`<dl>${factRows(row.facts)}</dl>` + sectionsOf(row, k);
	}

	function factRows(facts) {
		return Object.entries(facts).map(([key, value]) => `<dt>${escape(key)}</dt><dd>` +
			escape(typeof value === "object" ? JSON.stringify(value) : value) + "</dd>").join("");
	}

	function kernelDetail(kernel) {
		return `<h2>${escape(kernel.title)}</h2><dl>${factRows(kernel.counts)}</dl>` +
			`<h3>run.json</h3><dl>${factRows(kernel.run)}</dl>`;
	}

	// A page that is shown inside another, as CI systems do, may have no address to change.
	function setAddress(address) {
		try {
			history.replaceState(null, "", address);
		} catch (error) {
			console.info(`no link to this place: ${error.message}`);
		}
	}

	function openDetail(key) {
		const [type, number, k] = key.split(":");
		detailKey = key;
		$("detail").innerHTML = '<button type="button" class="close" aria-label="Close details">✕ Close</button>' +
			(type === "k" ? kernelDetail(kernels[number]) : caseDetail(rows[number], Number(k)));
		$("detail").hidden = false;
		$("detail").scrollTop = 0;
		const section = $("detail").querySelector(".chosen");
		if (section)
			section.scrollIntoView({ block: "nearest" });
		markCurrent();
		if (type === "c")
			setAddress(`#${encodeURIComponent(rows[number].name)}@${kernels[Math.max(k, 0)].name}`);
	}

	function closeDetail() {
		const back = findKey(detailKey);
		detailKey = null;
		$("detail").hidden = true;
		setAddress(location.pathname + location.search);
		markCurrent();
		if (back)
			back.focus();
	}

	function markCurrent() {
		document.querySelectorAll('[aria-current="true"]').forEach((cell) => cell.removeAttribute("aria-current"));
		const current = findKey(detailKey);
		if (current)
			current.setAttribute("aria-current", "true");
	}

	// A link to one result: #name@kernel
	function openFromAddress() {
		const at = decodeURIComponent(location.hash.slice(1)).match(/^([^@]+)@(.+)$/);
		const owner = at && sets.find((one) => one.kernels.some((kernel) => kernel.name === at[2]));
		if (owner && owner !== set)
			showSet(owner);
		const row = at && rows.find((one) => one.name === at[1]);
		const k = at ? kernels.findIndex((kernel) => kernel.name === at[2]) : -1;
		if (!row || k < 0)
			return;
		chosen.set(row.topic, true);
		chosen.set(`${row.topic}/${row.kind}`, true);
		if (isWide())
			openGroups.add(kernels[k].group);
		groupColumns();
		renderHead();
		const key = `c:${row.index}:${k}`;
		render();
		if (chunkOf(row))
			fillChunk(chunkOf(row));
		setTabStop(findKey(key), false);
		findKey(key).scrollIntoView({ block: "center" });
		openDetail(key);
	}

	// --- keyboard: the table is one tab stop, arrows move inside it

	function findKey(key) {
		return key === null ? null : $("matrix").querySelector(`[data-key="${CSS.escape(key)}"]`);
	}

	function setTabStop(button, focus) {
		$("matrix").querySelectorAll('[tabindex="0"]').forEach((other) => { other.tabIndex = -1; });
		if (!button)
			return;
		button.tabIndex = 0;
		focusKey = button.dataset.key;
		if (focus)
			button.focus();
	}

	function moveVertically(line, column, step) {
		const neighbour = () => {
			const lines = [...$("matrix").rows];
			return lines[lines.indexOf(line) + step];
		};
		let next = neighbour();
		if (!next)
			return;
		if (next.className === "gap") {
			fillChunk(next.closest("tbody"));
			next = neighbour();
		}
		setTabStop((next.cells[column] && next.cells[column].querySelector("button")) || next.querySelector("button"), true);
	}

	function moveHorizontally(button, line, step) {
		const group = groupById(button.dataset.key.slice(2));
		if (button.dataset.key.startsWith("g:") && group && isOpen(group) !== (step > 0)) {
			setOpen(group.id, step > 0);
			return;
		}
		const buttons = [...line.querySelectorAll("button")];
		setTabStop(buttons[buttons.indexOf(button) + step] || button, true);
	}

	const KEYS = {
		ArrowDown: (button, line, column) => moveVertically(line, column, 1),
		ArrowUp: (button, line, column) => moveVertically(line, column, -1),
		ArrowRight: (button, line) => moveHorizontally(button, line, 1),
		ArrowLeft: (button, line) => moveHorizontally(button, line, -1),
	};

	function onTableKey(event) {
		const button = event.target.closest("button[data-key]");
		if (!button || !KEYS[event.key])
			return;
		event.preventDefault();
		KEYS[event.key](button, button.closest("tr"), button.closest("th, td").cellIndex);
	}

	function onTableClick(event) {
		const button = event.target.closest("button[data-key]");
		if (!button)
			return;
		setTabStop(button, true);
		if (button.dataset.key.startsWith("g:"))
			setOpen(button.dataset.key.slice(2), button.getAttribute("aria-expanded") !== "true");
		else if (button.dataset.key.startsWith("s:"))
			toggleSeries(button.dataset.key.slice(2));
		else
			openDetail(button.dataset.key);
	}

	function onChip(event) {
		const chip = event.target.closest("button");
		if (!chip)
			return;
		if ("differs" in chip.dataset)
			filter.differs = !filter.differs;
		else if (!filter.states.delete(chip.dataset.state))
			filter.states.add(chip.dataset.state);
		filterChanged();
	}

	$("matrix").addEventListener("click", onTableClick);
	$("matrix").addEventListener("keydown", onTableKey);
	$("matrix").addEventListener("focusin", (event) => setTabStop(event.target.closest("button[data-key]"), false));
	$("chips").addEventListener("click", onChip);
	$("sets").addEventListener("click", (event) => {
		const button = event.target.closest("button");
		if (button)
			showSet(sets[button.dataset.set]);
	});
	$("text").addEventListener("input", () => { filter.text = $("text").value; filterChanged(); });
	$("filters").addEventListener("submit", (event) => event.preventDefault());
	$("fold").addEventListener("click", () => foldAll(false));
	$("unfold").addEventListener("click", () => foldAll(true));
	$("reset").addEventListener("click", resetFilter);
	$("detail").addEventListener("click", (event) => { if (event.target.closest(".close")) closeDetail(); });
	document.addEventListener("keydown", (event) => { if (event.key === "Escape" && detailKey !== null) closeDetail(); });
	window.addEventListener("hashchange", openFromAddress);
	chooseSet(sets[0]);
	renderSets();
	renderHead();
	renderChips();
	render();
	openFromAddress();
})();
