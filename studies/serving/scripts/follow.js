// Follows a run: pieces by stage, and the page that is there once policies were compared.
"use strict";
const SECONDS = 3;
const rows = document.getElementById("pieces");
const told = document.getElementById("told");
let failed = 0;

function line(stage, count) {
  const row = document.createElement("tr");
  for (const [text, name] of [[stage, ""], [String(count), "n"]]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    cell.className = name;
    row.append(cell);
  }
  return row;
}

async function look() {
  try {
    const answer = await fetch("/status.json");
    const status = await answer.json();
    rows.replaceChildren(...Object.entries(status.pieces).map(([stage, count]) => line(stage, count)));
    told.textContent = `Seen at ${new Date().toLocaleTimeString()}.`;
    failed = 0;
    if (status.files["policies.nc"]) {
      location.reload();
      return;
    }
  } catch {
    failed += 1;
    told.textContent = "The server does not answer; start takeoff serve again.";
  }
  setTimeout(look, 1000 * SECONDS * Math.min(10, 1 + failed));
}

setTimeout(look, 1000 * SECONDS);
