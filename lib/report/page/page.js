// Draws the timeline of a run from the JSON in #run. Everything that has words also stands in the page's tables; this
// draws, and tells numbers where the pointer is. All text goes in as text nodes, never as markup.
(function () {
  "use strict";
  var run = JSON.parse(document.getElementById("run").textContent);
  var width = 1100, left = 150, right = 16;
  var lanes = [
    {name: "answers/s", top: 52, height: 190},
    {name: "failed", top: 258, height: 34},
    {name: "outages", top: 304, height: 0},
    {name: "latency", top: 0, height: 90},
    {name: "events", top: 0, height: 40}
  ];
  var outageRows = run.outageStreams.length;
  lanes[2].height = Math.max(1, outageRows) * 14;
  lanes[3].top = lanes[2].top + lanes[2].height + 34;
  lanes[4].top = lanes[3].top + lanes[3].height + 14;
  var bottom = lanes[4].top + lanes[4].height, height = bottom + 40;
  var colours = ["#4c97d0", "#e69f00", "#3fa77f", "#cc79a7", "#d55e00", "#b8a800", "#7f8fd9", "#999999"];
  var shapes = ["M0,8 L8,0", "M4,2 a1.6,1.6 0 1,0 .1,0", "M0,4 L8,4", "M4,0 L4,8", "M0,0 L8,8", "M0,4 L8,4 M4,0 L4,8", "M0,0 L8,8 M0,8 L8,0"];

  var end = run.end / 1e6, length = run.length / 1e6;
  var x = d3.scale.linear().domain([0, Math.max(end, length)]).range([left, width - right]);
  var svg = d3.select("#chart").append("svg").attr("class", "timeline").attr("viewBox", "0 0 " + width + " " + height).attr("role", "img")
    .attr("tabindex", 0).attr("aria-label", run.title).attr("data-from", x.domain()[0]).attr("data-to", x.domain()[1]);

  // One pattern a cluster, so that print and eyes that see no colour can tell them apart; none for the first.
  var defs = svg.append("defs");
  function pattern(id, colour, shape) {
    var one = defs.append("pattern").attr({id: id, width: 8, height: 8, patternUnits: "userSpaceOnUse"});
    if (colour) one.append("rect").attr({width: 8, height: 8, fill: colour});
    if (shape) one.append("path").attr("d", shape).style({stroke: colour ? "var(--pattern)" : "var(--bad)", "stroke-width": colour ? 1 : 2, fill: "none"});
  }
  run.clusters.forEach(function (name, i) {
    pattern("cluster-" + i, colours[i % colours.length], i === 0 ? null : shapes[(i - 1) % shapes.length]);
  });
  pattern("hatch-failed", null, "M-2,2 L2,-2 M0,8 L8,0 M6,10 L10,6");

  // Phases behind everything, the fault and the restore above.
  svg.append("g").selectAll("rect").data(run.phases).enter().append("rect")
    .attr("class", function (d, i) { return i % 2 ? "phase odd" : "phase"; })
    .attr({"data-phase": function (d) { return d.phase; }, "data-from": function (d) { return d.from; }, "data-to": function (d) { return d.to; }})
    .attr({x: function (d) { return x(d.from / 1e6); }, y: 0, height: bottom,
           width: function (d) { return Math.max(1, x(d.to / 1e6) - x(d.from / 1e6)); }});
  // Names stand where they begin, in the first of the rows that has room for them.
  function labels(all, rows, kind) {
    var ends = rows.map(function () { return -1; });
    all.forEach(function (d) {
      var text = svg.append("text").attr({class: kind, x: Math.min(d.at + 3, width - right - 8 * d.name.length), y: rows[0]}).text(d.name);
      var box = text.node().getBBox(), row = 0;
      while (row < rows.length && box.x < ends[row] + 4) row++;
      if (row === rows.length) return text.remove();
      text.attr("y", rows[row]);
      ends[row] = box.x + box.width;
    });
  }
  labels(run.phases.map(function (d) { return {at: x(d.from / 1e6), name: d.phase}; }), [13, 27], "phase-name");

  svg.append("g").attr("class", "axis").attr("transform", "translate(0," + bottom + ")")
    .call(d3.svg.axis().scale(x).orient("bottom").ticks(12).tickFormat(function (s) {
      return run.end < 600e6 ? s + " s" : Math.floor(s / 3600) + ":" + ("0" + Math.floor(s / 60) % 60).slice(-2) + ":" + ("0" + s % 60).slice(-2);
    }));
  lanes.forEach(function (lane) {
    svg.append("text").attr({class: "lane", x: 4, y: lane.top + 10}).text(lane.name);
  });

  // Windows: [answers of each cluster…, others, failed, unsent, p50, p99] with p50 = null without an answer.
  var clusters = run.clusters.length, failedAt = clusters, unsentAt = clusters + 1, p50At = clusters + 2, p99At = clusters + 3;
  var start = function (d, i) { return i * length; };
  function total(d) { return d3.sum(d.slice(0, clusters)); }
  var most = d3.max(run.windows, function (d) { return total(d) + d[failedAt]; }) || 1;
  var y = d3.scale.linear().domain([0, most / length]).nice(4).range([lanes[0].top + lanes[0].height, lanes[0].top]);
  svg.append("g").attr("class", "axis").attr("transform", "translate(" + left + ",0)").call(d3.svg.axis().scale(y).orient("left").ticks(4));

  // What failed lies on top of the answers. A step needs its right edge: the last window is drawn to its end.
  var layers = run.clusters.concat("failed").map(function (name, c) {
    var points = run.windows.map(function (d, i) { return {x: start(d, i), y: d[c] / length}; });
    if (points.length) points.push({x: Math.min(points.length * length, Math.max(end, length)), y: points[points.length - 1].y});
    return points;
  });
  if (run.windows.length) {
    d3.layout.stack()(layers);
    var area = d3.svg.area().interpolate("step-after").x(function (d) { return x(d.x); })
      .y0(function (d) { return y(d.y0); }).y1(function (d) { return y(d.y0 + d.y); });
    svg.append("g").selectAll("path").data(layers).enter().append("path").attr("d", area)
      .attr("class", function (d, i) { return i < clusters ? "area" : "failures"; })
      .attr("data-cluster", function (d, i) { return i < clusters ? run.clusters[i] : null; })
      .style("fill", function (d, i) { return i < clusters ? "url(#cluster-" + i + ")" : null; });
  }

  // The error strip: as high as the share that failed, of the highest that there was. Grey: what we did not send ourselves.
  function share(d) { return (d[failedAt] + d[unsentAt]) / Math.max(1, total(d) + d[failedAt] + d[unsentAt]); }
  var worst = d3.max(run.windows, share) || 0;
  var strip = d3.scale.linear().domain([0, worst || 1]).range([0, lanes[1].height]), base = lanes[1].top + lanes[1].height;
  function beside(text, y) { svg.append("text").attr({class: "value", x: left - 6, y: y, "text-anchor": "end"}).text(text); }
  beside(worst ? (100 * worst).toPrecision(2) + " %" : "none", worst ? lanes[1].top + 8 : base);
  var cell = function (i) { return Math.max(1, Math.min(x(length) - x(0), width - right - x(i * length))); };
  run.windows.forEach(function (d, i) {
    var all = total(d) + d[failedAt] + d[unsentAt];
    if (!all || !(d[failedAt] + d[unsentAt])) return;
    var high = d[failedAt] ? Math.max(3, strip(d[failedAt] / all)) : 0, grey = d[unsentAt] ? Math.max(2, strip(d[unsentAt] / all)) : 0;
    if (high) svg.append("rect").attr({class: "failed", x: x(start(d, i)), y: base - high, width: cell(i), height: high, "data-failed": d[failedAt]});
    if (grey) svg.append("rect").attr({class: "unsent", x: x(start(d, i)), y: base - high - grey, width: cell(i), height: grey});
  });
  svg.append("line").attr({class: "cursor", x1: left, x2: width - right, y1: base, y2: base});

  // The rows have the names of their streams; the last may be shared by all that are left.
  run.outageStreams.forEach(function (name, i) {
    beside(name.length > 24 ? name.slice(0, 23) + "…" : name, lanes[2].top + 14 * i + 26);
  });
  if (!outageRows) beside("none seen", lanes[2].top + 26);
  svg.append("g").selectAll("rect").data(run.outages).enter().append("rect")
    .attr("class", function (d) { return "outage " + d.kind; })
    .attr({x: function (d) { return x(d.from / 1e6); }, width: function (d) { return Math.max(2, x(d.to / 1e6) - x(d.from / 1e6)); },
           y: function (d) { return lanes[2].top + 14 * d.row + 17; }, height: 10})
    .append("title").text(function (d) { return d.stream + ": " + d.kind + " of " + d.interval; });
  svg.append("g").selectAll("rect").data(run.stalls).enter().append("rect").attr("class", "stall")
    .attr({x: function (d) { return x(d[0] / 1e6); }, width: function (d) { return Math.max(1, x(d[1] / 1e6) - x(d[0] / 1e6)); }, y: bottom - 4, height: 4})
    .append("title").text("the prober itself did not run");

  // Latency on a logarithmic scale: the band from the median to p99.
  var answered = run.windows.map(function (d, i) { return {at: start(d, i), p50: d[p50At], p99: d[p99At]}; });
  var known = answered.filter(function (d) { return d.p50 !== null; });
  if (known.length) {
    var floor = Math.max(1, d3.min(known, function (d) { return d.p50; })), top = Math.max(floor * 2, d3.max(known, function (d) { return d.p99; }));
    var ly = d3.scale.log().domain([floor, top]).range([lanes[3].top + lanes[3].height, lanes[3].top]);
    var limit = function (v) { return ly(Math.max(floor, v)); };
    var isKnown = function (d) { return d.p50 !== null; };
    svg.append("path").attr("class", "band").attr("d", d3.svg.area().interpolate("step-after").defined(isKnown)
      .x(function (d) { return x(d.at); }).y0(function (d) { return limit(d.p50); }).y1(function (d) { return limit(d.p99); })(answered));
    svg.append("path").attr("class", "median").attr("d", d3.svg.line().interpolate("step-after").defined(isKnown)
      .x(function (d) { return x(d.at); }).y(function (d) { return limit(d.p50); })(answered));
    [floor, top].forEach(function (v) { beside(duration(v), ly(v) + 4); });
  }

  var marks = {write: "triangle-up", endpoints: "diamond", dns: "circle", abort: "cross", restored: "square", warning: "triangle-down"};
  var rows = {write: 0, abort: 0, restored: 0, endpoints: 1, dns: 2, warning: 2};
  svg.append("g").selectAll("path").data(run.events).enter().append("path").attr("class", "event").attr("data-kind", function (d) { return d.kind; })
    .attr("d", d3.svg.symbol().size(42).type(function (d) { return marks[d.kind]; }))
    .attr("transform", function (d) { return "translate(" + x(d.at / 1e6) + "," + (lanes[4].top + 7 + 13 * rows[d.kind]) + ")"; })
    .append("title").text(function (d) { return seconds(d.at / 1e6) + " " + d.text; });

  run.marks.forEach(function (d) {
    var at = x(d.at / 1e6);
    svg.append("line").attr({class: "mark", x1: at, x2: at, y1: 32, y2: bottom, "data-mark": d.name, "data-at": d.at});
  });
  labels(run.marks.map(function (d) { return {at: x(d.at / 1e6), name: d.name}; }), [44, 58], "mark-name");

  var legend = d3.select("#chart").append("ul").attr("class", "legend");
  run.clusters.forEach(function (name, i) {
    var item = legend.append("li");
    item.append("svg").append("rect").attr({width: 26, height: 14}).style({fill: "url(#cluster-" + i + ")", stroke: "var(--ink)"});
    item.append("span").text(name);
  });
  [["failed", "url(#hatch-failed)", "failed; an outage with good answers in between"], ["outage", "var(--bad)", "outage without a good answer"], ["unsent", "var(--soft)", "not sent, our own fault"],
   ["band", "var(--soft)", "latency, median to p99, logarithmic"]].forEach(function (d) {
    var item = legend.append("li");
    item.append("svg").append("rect").attr({width: 26, height: 14}).style({fill: d[1], stroke: "var(--ink)", opacity: d[0] === "band" ? .5 : 1});
    item.append("span").text(d[2]);
  });
  legend.append("li").text("▲ write  ✚ early end  ■ restored  ◆ endpoints  ● DNS  ▼ warning");

  // What the pointer, or the arrow keys, are on.
  var cursor = svg.append("line").attr({class: "cursor", y1: 32, y2: bottom}).style("display", "none");
  var tip = d3.select("#tip"), current = 0;
  function seconds(s) { return s.toFixed(3) + " s"; }
  function duration(us) { return us < 1000 ? us + " µs" : us < 1e6 ? (us / 1000).toPrecision(3) + " ms" : (us / 1e6).toPrecision(3) + " s"; }
  function show(i) {
    var d = run.windows[i];
    if (!d) return hide();
    current = i;
    var from = start(d, i), lines = [seconds(from) + " to " + seconds(from + length)];
    run.phases.forEach(function (p) { if (p.from / 1e6 <= from + length / 2 && from + length / 2 < p.to / 1e6) lines[0] += "  " + p.phase; });
    run.clusters.forEach(function (name, c) { lines.push(name + "  " + d[c]); });
    lines.push("failed  " + d[failedAt]);
    if (d[unsentAt]) lines.push("not sent  " + d[unsentAt]);
    if (d[p50At] !== null) lines.push("p50 " + duration(d[p50At]) + "  p99 " + duration(d[p99At]));
    run.events.filter(function (e) { return e.at / 1e6 >= from && e.at / 1e6 < from + length; }).slice(0, 6)
      .forEach(function (e) { lines.push(seconds(e.at / 1e6) + " " + e.text); });
    var at = x(from + length / 2), box = svg.node().getBoundingClientRect(), scale = box.width / width;
    cursor.attr({x1: at, x2: at}).style("display", null);
    tip.text(lines.join("\n")).style({display: "block", top: 40 * scale + "px", left: at < width / 2 ? at * scale + 14 + "px" : "auto",
      right: at < width / 2 ? "auto" : box.width - at * scale + 14 + "px"});
  }
  function hide() { cursor.style("display", "none"); tip.style("display", "none"); }
  svg.on("mousemove", function () { show(Math.floor(x.invert(d3.mouse(this)[0]) / length)); }).on("mouseleave", hide).on("blur", hide)
    .on("keydown", function () {
      var step = {ArrowLeft: -1, ArrowRight: 1}[d3.event.key];
      if (!step) return;
      d3.event.preventDefault();
      show(Math.min(run.windows.length - 1, Math.max(0, current + step)));
    });
  window.addEventListener("beforeprint", function () {
    hide();
    d3.selectAll("details").attr("open", "");
  });

  // What a test compares with the journal.
  var sums = run.clusters.map(function (name, c) { return d3.sum(run.windows, function (d) { return d[c]; }); });
  d3.select("body").attr({"data-ready": 1, "data-answers": JSON.stringify(sums),
    "data-failed": d3.sum(run.windows, function (d) { return d[failedAt]; }), "data-unsent": d3.sum(run.windows, function (d) { return d[unsentAt]; })});
})();
