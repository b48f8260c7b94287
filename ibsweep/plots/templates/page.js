"use strict";
// An interactive plane: the traces `path k`, `floor k`, `seeds k` and `mean k` (now) of each layer k, and
// `one seed`, the path that a reader follows, are found by these names, their uid.

function wirePlane(section) {
  const data = JSON.parse(section.querySelector("script[type='application/json']").textContent);
  const figure = section.querySelector(".figure");
  const find = (name) => section.querySelector(`[data-${name}]`);
  const slider = find("slider"), play = find("play"), follow = find("follow");
  const place = Object.fromEntries(data.figure.data.map((trace, at) => [trace.uid, at]));
  const checked = (name) => section.querySelector(`[data-show=${name}]`)?.checked ?? true;
  const shown = (k) => section.querySelector(`[data-layer='${k}']`).checked;
  const each = (make) => data.layers.map(make);
  const traces = (name) => each((_, k) => place[`${name} ${k}`]);

  function move() {
    const at = Number(slider.value), epoch = data.epochs[at];
    find("epoch").textContent = epoch;
    const colour = Math.log10(epoch + 1);
    const means = each((one) => one.mean[at]), seeds = each((one) => one.seeds[at]);
    Plotly.restyle(figure, {
      x: means.map((m) => [m.x]), y: means.map((m) => [m.y]),
      "error_x.array": means.map((m) => [m.x_half]), "error_y.array": means.map((m) => [m.y_half]),
      "marker.color": means.map(() => [colour]), meta: means.map(() => epoch),
    }, traces("mean"));
    const bars = Object.fromEntries(["x", "y"].filter((axis) => seeds.every((s) => s[`${axis}_error`]))
      .map((axis) => [`error_${axis}.array`, seeds.map((s) => s[`${axis}_error`])]));
    Plotly.restyle(figure, {
      x: seeds.map((s) => s.x), y: seeds.map((s) => s.y), ...bars,
      "marker.color": seeds.map((s) => s.x.map(() => colour)), meta: seeds.map(() => epoch),
    }, traces("seeds"));
  }

  function choose() {
    const mean = checked("mean"), seeds = data.seeds.length > 1 && checked("seeds");
    const wanted = Object.entries({ path: mean, floor: true, seeds, mean });
    const visible = wanted.flatMap(([, drawn]) => each((_, k) => drawn && shown(k)));
    Plotly.restyle(figure, { visible }, wanted.flatMap(([name]) => traces(name)));
    followSeed();
  }

  function followSeed() {
    const seed = follow?.value ?? "";
    const points = { x: [], y: [], color: [], text: [] };
    if (seed !== "") data.layers.forEach((one, k) => {
      if (!shown(k)) return;
      data.epochs.forEach((epoch, at) => {
        points.x.push(one.seeds[at].x[seed]);
        points.y.push(one.seeds[at].y[seed]);
        points.color.push(Math.log10(epoch + 1));
        points.text.push(`${one.label}, epoch ${epoch}`);
      });
      for (const name of ["x", "y", "text"]) points[name].push(null);
      points.color.push(0);
    });
    Plotly.restyle(figure, {
      x: [points.x], y: [points.y], "marker.color": [points.color], text: [points.text],
      name: seed === "" ? "" : `seed ${data.seeds[seed]}`,
    }, [place["one seed"]]);
  }

  let timer = null;
  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶";
  }
  function step() {
    if (Number(slider.value) >= Number(slider.max)) return stop();
    slider.value = Number(slider.value) + 1;
    move();
  }
  play.addEventListener("click", () => {
    if (timer !== null) return stop();
    if (slider.value === slider.max) slider.value = 0;
    move();
    timer = setInterval(step, 120);
    play.textContent = "❚❚";
  });
  slider.addEventListener("input", move);
  follow?.addEventListener("change", followSeed);
  for (const box of section.querySelectorAll("[data-layer], [data-show]"))
    box.addEventListener("change", choose);
  const config = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };
  Plotly.newPlot(figure, data.figure.data, data.figure.layout, config);
  section.dataset.drawn = "yes";
}

// Planes are drawn when they come near the window: a report holds many.
const near = new IntersectionObserver((entries) => {
  for (const entry of entries.filter((one) => one.isIntersecting)) {
    near.unobserve(entry.target);
    wirePlane(entry.target);
  }
}, { rootMargin: "300px" });
document.querySelectorAll("section.plane").forEach((section) => near.observe(section));
addEventListener("beforeprint", () =>
  document.querySelectorAll("section.plane:not([data-drawn])").forEach((section) => {
    near.unobserve(section);
    wirePlane(section);
  }));

// A table is sorted by the column whose heading is pressed, numbers by their value.
function sortTable(heading) {
  const body = heading.closest("table").tBodies[0];
  const column = heading.cellIndex, up = heading.getAttribute("aria-sort") !== "ascending";
  const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const numeric = [...body.rows].every((row) => key(row) === "" || !Number.isNaN(Number(key(row))));
  const order = (a, b) => {
    if (key(a) === "" || key(b) === "") return (key(a) === "") - (key(b) === "");  // no value: last
    const difference = numeric ? Number(key(a)) - Number(key(b)) : key(a).localeCompare(key(b));
    return up ? difference : -difference;
  };
  body.append(...[...body.rows].sort(order));
  for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", up ? "ascending" : "descending");
}
document.querySelectorAll("table.sortable th button").forEach((button) =>
  button.addEventListener("click", () => sortTable(button.closest("th"))));
