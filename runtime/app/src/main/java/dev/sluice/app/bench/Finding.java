package dev.sluice.app.bench;

/**
 * A figure beside its bar.
 *
 * @param figure in the bar's unit; NaN when there was nothing to compare with
 * @param spread by how much two measurements of the same thing differed
 */
record Finding(Bar bar, double figure, double spread, Verdict verdict) {}
