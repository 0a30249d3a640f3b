// What the pages need beyond HTML; no inline script runs under our Content-Security-Policy.
"use strict";
