// An expression whose value is the list of faults of this page, in words:
//
// - no language on the root, not exactly one h1, an identifier twice
// - a stop of the keyboard within an image, where a screen reader says nothing
// - an image, button or link without a name; a field without a label (a placeholder is none)
// - text with less contrast to what is behind it than WCAG 2.2 AA asks: 4.5:1, large text 3:1
// - a page wider than its window
//
// What is not shown is not looked at. Text over a background image and inside an SVG is not measured,
// nor is what only covers text by its position.
(() => {
    const faults = [];

    const all = selector => [...document.querySelectorAll(selector)];
    const shown = element =>
        element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const describe = element => {
        const tag = element.localName;
        if (element.id) return `${tag}#${element.id}`;
        const name = element.getAttribute("name");
        if (name) return `${tag}[name=${name}]`;
        return element.classList.length ? `${tag}.${[...element.classList].join(".")}` : tag;
    };
    const shorten = text => {
        const words = text.trim().replace(/\s+/g, " ");
        return words.length > 40 ? `${words.slice(0, 40)}…` : words;
    };

    // The document.
    if (!document.documentElement.lang.trim()) faults.push("html without lang");
    const headings = all("h1").filter(shown).length;
    if (headings !== 1) faults.push(`${headings} h1 instead of one`);
    const counts = new Map();
    for (const { id } of all("[id]")) counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const [id, count] of counts) {
        if (count > 1) faults.push(`${count} elements have the id ${id}`);
    }

    // What is in an image is not there for a screen reader.
    for (const stop of all("[role=img] a[href], [role=img] button, [role=img] [tabindex]")) {
        if (stop.tabIndex >= 0) faults.push(`${describe(stop)} within an image`);
    }

    // Names. What is in the content counts where it is for everybody.
    const content = node => {
        if (node.nodeType === Node.TEXT_NODE) return node.data;
        if (node.nodeType !== Node.ELEMENT_NODE) return "";
        if (node.getAttribute("aria-hidden") === "true") return "";
        if (node.matches("select, textarea")) return "";
        const own = node.getAttribute("aria-label") ?? node.getAttribute("alt");
        if (own?.trim()) return own;
        if (node.localName === "title" && node.namespaceURI.endsWith("svg")) return node.textContent;
        if (node.namespaceURI.endsWith("html") && !node.checkVisibility()) return "";
        return [...node.childNodes].map(content).join("");
    };
    const given = element => {
        const references = (element.getAttribute("aria-labelledby") ?? "").split(/\s+/);
        const referred = references.map(id => document.getElementById(id)?.textContent ?? "").join("");
        const label = element.getAttribute("aria-label") ?? "";
        return Boolean((referred + label + (element.getAttribute("title") ?? "")).trim());
    };
    const named = element => given(element) || Boolean(content(element).trim());
    for (const image of all("img, svg[role=img], [role=img], area[href], input[type=image]")) {
        // An empty `alt` says on purpose that there is nothing to see.
        const decorative = image.localName === "img" && image.hasAttribute("alt");
        if (shown(image) && !decorative && !named(image)) {
            faults.push(`${describe(image)} without a name`);
        }
    }
    for (const control of all("button, a[href], summary, [role=button], [role=link]")) {
        if (shown(control) && !named(control)) faults.push(`${describe(control)} without a name`);
    }
    for (const button of all("input[type=button]")) {
        if (shown(button) && !given(button) && !button.value.trim()) {
            faults.push(`${describe(button)} without a name`);
        }
    }
    const speaking = ["hidden", "submit", "reset", "button", "image"];
    for (const field of all("input, select, textarea")) {
        if (speaking.includes(field.type) || !shown(field)) continue;
        const labels = [...(field.labels ?? [])];
        if (!given(field) && !labels.some(label => content(label).trim())) {
            faults.push(`${describe(field)} without a label`);
        }
    }

    // Contrast. Any notation of a colour is brought to four numbers by painting with it.
    const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const known = new Map();
    const colour = notation => {
        if (!known.has(notation)) {
            brush.clearRect(0, 0, 1, 1);
            brush.fillStyle = notation;
            brush.fillRect(0, 0, 1, 1);
            const [red, green, blue, alpha] = brush.getImageData(0, 0, 1, 1).data;
            known.set(notation, [red, green, blue, alpha / 255]);
        }
        return known.get(notation);
    };
    const over = (upper, lower) => {
        const alpha = upper[3] + lower[3] * (1 - upper[3]);
        const mix = channel =>
            (upper[channel] * upper[3] + lower[channel] * lower[3] * (1 - upper[3])) / (alpha || 1);
        return [mix(0), mix(1), mix(2), alpha];
    };
    const faded = (layer, opacity) => [layer[0], layer[1], layer[2], layer[3] * opacity];
    const luminance = layer => {
        const [red, green, blue] = layer.slice(0, 3).map(channel => {
            const part = channel / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    // What a page without a background is painted on, which is dark where it asked for that.
    const probe = document.documentElement.appendChild(document.createElement("div"));
    probe.style.backgroundColor = "Canvas";
    const canvas = colour(getComputedStyle(probe).backgroundColor);
    probe.remove();
    // Ink and paper are taken up to the root together, so that opacity fades both; nothing where an
    // image shows through.
    const contrast = (element, notation) => {
        let ink = colour(notation);
        let paper = [0, 0, 0, 0];
        for (let at = element; at; at = at.parentElement) {
            const style = getComputedStyle(at);
            if (style.backgroundImage !== "none" && paper[3] < 1) return undefined;
            const background = colour(style.backgroundColor);
            ink = faded(over(ink, background), Number(style.opacity));
            paper = faded(over(paper, background), Number(style.opacity));
        }
        const [one, other] = [luminance(over(ink, canvas)), luminance(over(paper, canvas))];
        return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    };
    const measure = (element, words, notation) => {
        const box = element.getBoundingClientRect();
        // Words for screen readers only are in a box of a pixel; what is disabled may be faint.
        const unseen = box.width <= 1 || box.height <= 1;
        if (!words.trim() || unseen || !shown(element) || element.closest(":disabled")) return;
        const style = getComputedStyle(element);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const wanted = large ? 3 : 4.5;
        const measured = contrast(element, notation ?? style.color);
        if (measured < wanted) {
            const floor = (Math.floor(measured * 100) / 100).toFixed(2);
            const where = `${describe(element)} “${shorten(words)}”`;
            faults.push(`${where} has a contrast of ${floor}:1, below ${wanted}:1`);
        }
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = new Map();
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        if (parent.namespaceURI.endsWith("html") && !parent.matches("option, textarea")) {
            texts.set(parent, (texts.get(parent) ?? "") + walker.currentNode.data);
        }
    }
    for (const [element, words] of texts) measure(element, words);
    for (const field of all("input, select, textarea")) {
        if (["hidden", "checkbox", "radio", "range", "color", "image"].includes(field.type)) continue;
        measure(field, field.selectedOptions?.[0]?.label ?? field.value);
        if (!field.value && field.placeholder) {
            measure(field, field.placeholder, getComputedStyle(field, "::placeholder").color);
        }
    }

    // Width. Blamed is the innermost of what sticks out the farthest and cannot be scrolled by itself.
    const wide = document.documentElement.scrollWidth;
    if (wide > innerWidth) {
        const scrolls = element => {
            for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
                if (getComputedStyle(at).overflowX !== "visible") return true;
            }
            return false;
        };
        let [farthest, blamed] = [innerWidth, document.body];
        for (const element of all("body *")) {
            const right = element.getBoundingClientRect().right + scrollX;
            if (right >= farthest && right > innerWidth && !scrolls(element)) {
                [farthest, blamed] = [right, element];
            }
        }
        const window = `a window of ${innerWidth} px`;
        faults.push(`page is ${wide} px wide in ${window}: ${describe(blamed)} sticks out`);
    }

    return faults;
})()
