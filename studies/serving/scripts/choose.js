// Shows a choice at once. Without this script the button does the same.
"use strict";
const form = document.getElementById("choices");
form.addEventListener("change", () => form.requestSubmit());
form.querySelector("button").hidden = true;
