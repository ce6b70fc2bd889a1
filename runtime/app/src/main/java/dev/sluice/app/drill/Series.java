package dev.sluice.app.drill;

import java.util.List;

/**
 * A page of metrics.
 *
 * @param lines its series, without comments
 */
record Series(List<String> lines) {
    static Series of(String page) {
        return new Series(page.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList());
    }

    /** Sum of all series of a name. */
    double sum(String name) {
        return sum(name, "");
    }

    /** Sum of those series of a name that have this among their labels, such as {@code area="heap"}. */
    double sum(String name, String label) {
        return lines.stream()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .filter(line -> line.contains(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** How many series there are. */
    int count() {
        return lines.size();
    }
}
