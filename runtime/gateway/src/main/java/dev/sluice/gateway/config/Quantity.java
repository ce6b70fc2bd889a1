package dev.sluice.gateway.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A Kubernetes quantity, such as {@code 500}, {@code 1k}, {@code 10Gi}. */
record Quantity(String text) {
    private static final String DECIMAL = "kMGTPE";
    private static final String SMALL = "mun";
    private static final Pattern PARTS = Pattern.compile("([0-9.]+(?:[eE][0-9]{1,2})?)([a-zA-Z]*)");

    /** Its value, rounded up to a whole number; at most {@link Long#MAX_VALUE}. */
    long value() {
        Matcher parts = PARTS.matcher(text);
        if (!parts.matches()) {
            throw new IllegalStateException("no quantity: " + text);
        }
        String unit = parts.group(2);
        BigDecimal factor = BigDecimal.ONE;
        if (unit.endsWith("i")) {
            factor = BigDecimal.valueOf(1024).pow("KMGTPE".indexOf(unit.charAt(0)) + 1);
        } else if (!unit.isEmpty() && DECIMAL.contains(unit)) {
            factor = BigDecimal.valueOf(1000).pow(DECIMAL.indexOf(unit.charAt(0)) + 1);
        } else if (!unit.isEmpty()) {
            factor = BigDecimal.ONE.movePointLeft(3 * (SMALL.indexOf(unit.charAt(0)) + 1));
        }
        BigDecimal value = new BigDecimal(parts.group(1)).multiply(factor).setScale(0, RoundingMode.CEILING);
        return value.min(BigDecimal.valueOf(Long.MAX_VALUE)).longValueExact();
    }

    static final class Form implements Codec<Quantity> {
        private static final Pattern FORM =
                Pattern.compile("[0-9]{1,18}(\\.[0-9]{1,9})?([eE][0-9]{1,2}|[numkMGTPE]|[KMGTPE]i)?");

        @Override
        public Optional<Quantity> read(Node node, Reading at) {
            return node instanceof Node.Scalar scalar
                            && FORM.matcher(scalar.text()).matches()
                    ? Optional.of(new Quantity(scalar.text()))
                    : at.expected(notation(), node);
        }

        @Override
        public String notation() {
            return "a quantity such as 500, 1k, 10Gi";
        }

        @Override
        public Map<String, Object> schema() {
            return Map.of("type", "string", "pattern", "^" + FORM.pattern() + "$");
        }
    }
}
