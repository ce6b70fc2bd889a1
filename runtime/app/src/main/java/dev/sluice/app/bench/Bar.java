package dev.sluice.app.bench;

import java.util.Locale;

/**
 * What a figure must not exceed.
 *
 * @param what is measured, in words
 * @param limit the most that is good
 * @param stretch what is hoped for; the limit where nothing more is
 * @param unit of both, such as {@code ms}
 */
record Bar(String what, double limit, double stretch, String unit) {
    static Bar of(String what, double limit, String unit) {
        return new Bar(what, limit, limit, unit);
    }

    /** The same bar, lower by this factor. */
    Bar times(double factor) {
        return new Bar(what, limit * factor, stretch * factor, unit);
    }

    /**
     * Judges a figure.
     *
     * @param spread by how much two measurements of the same thing differ, in the bar's unit
     */
    Finding judge(double figure, double spread) {
        Verdict verdict;
        if (Double.isNaN(figure) || Double.isNaN(spread) || Math.abs(figure - limit) < spread) {
            verdict = Verdict.NOT_JUDGED;
        } else if (figure > limit) {
            verdict = Verdict.MISSED;
        } else {
            verdict = figure + spread <= stretch && stretch < limit ? Verdict.STRETCH : Verdict.MET;
        }
        return new Finding(this, figure, spread, verdict);
    }

    /** A figure in the bar's unit, such as {@code 1.42 ×}. */
    String show(double figure) {
        return Double.isNaN(figure)
                ? "–"
                : String.format(Locale.ROOT, figure >= 100 ? "%.0f %s" : "%.2f %s", figure, unit);
    }
}
