// The policy's editor: a remark leads to its line, and nobody loses what they
// have written by leaving.
"use strict";
(() => {
  const text = document.getElementById("text");
  if (!text) return;
  const begun = text.defaultValue;
  let sent = false;
  document.getElementById("publish").addEventListener("submit", () => { sent = true; });
  addEventListener("beforeunload", e => { if (!sent && text.value !== begun) e.preventDefault(); });
  document.addEventListener("click", e => {
    const line = Number(e.target.closest("button[data-line]")?.dataset.line);
    if (!line) return;
    const lines = text.value.split("\n");
    const from = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    text.focus();
    text.setSelectionRange(from, from + (lines[line - 1] ?? "").length);
    text.scrollTop = (line - 4) * text.scrollHeight / lines.length;
  });
})();
