package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A Kubernetes label selector: all of its requirements must hold, none of them means that everything matches. Semantics
 * and syntax are those of {@code k8s.io/apimachinery}, {@code LabelSelectorAsSelector}.
 *
 * @param matchLabels labels with the value each must have
 * @param matchExpressions further requirements
 */
public record LabelSelector(
        @Doc("Labels an endpoint must have, with their values.") @Default("{}")
        Map<String, String> matchLabels,

        @Doc("Further requirements on labels; all must hold.") @Default("[]")
        List<Requirement> matchExpressions) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");
    private static final Pattern PREFIX =
            Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

    /**
     * Checks keys and values.
     *
     * @throws ConfigException when a key or a value is none that a label can have
     */
    public LabelSelector {
        matchLabels = Map.copyOf(matchLabels);
        matchExpressions = List.copyOf(matchExpressions);
        matchLabels.forEach((key, value) -> {
            checkKey(key);
            checkValue(key, value);
        });
    }

    /** True when a server with these labels is selected. */
    public boolean matches(Map<String, String> labels) {
        for (Map.Entry<String, String> wanted : matchLabels.entrySet()) {
            if (!wanted.getValue().equals(labels.get(wanted.getKey()))) {
                return false;
            }
        }
        for (Requirement requirement : matchExpressions) {
            if (!requirement.holds(labels)) {
                return false;
            }
        }
        return true;
    }

    /**
     * One row of {@code matchExpressions}. As in Kubernetes, {@code NotIn} holds too where the label is absent.
     *
     * @param key label
     * @param operator {@code In}, {@code NotIn}, {@code Exists} or {@code DoesNotExist}
     * @param values for {@code In} and {@code NotIn}: at least one; else none
     */
    public record Requirement(
            @Doc("Name of the label.") String key,

            @Doc("How the label is compared.") @OneOf({"In", "NotIn", "Exists", "DoesNotExist"})
            String operator,

            @Doc("Values for In and NotIn.") @Default("[]") List<String> values) {

        private static final Set<String> WITH_VALUES = Set.of("In", "NotIn");
        private static final Set<String> WITHOUT_VALUES = Set.of("Exists", "DoesNotExist");

        /**
         * Checks the three against each other.
         *
         * @throws ConfigException when they don't fit
         */
        public Requirement {
            values = List.copyOf(values);
            checkKey(key);
            for (String value : values) {
                checkValue(key, value);
            }
            if (WITH_VALUES.contains(operator)) {
                if (values.isEmpty()) {
                    throw new ConfigException("label " + key + ": operator " + operator + " needs at least one value");
                }
            } else if (!WITHOUT_VALUES.contains(operator)) {
                throw new ConfigException(
                        "label " + key + ": operator '" + operator + "' is none of In, NotIn, Exists, DoesNotExist");
            } else if (!values.isEmpty()) {
                throw new ConfigException("label " + key + ": operator " + operator + " takes no values");
            }
        }

        boolean holds(Map<String, String> labels) {
            String value = labels.get(key);
            return switch (operator) {
                case "In" -> value != null && values.contains(value);
                case "NotIn" -> value == null || !values.contains(value);
                case "Exists" -> value != null;
                default -> value == null;
            };
        }
    }

    private static void checkKey(String key) {
        int slash = key.indexOf('/');
        String prefix = slash < 0 ? "" : key.substring(0, slash);
        boolean wrongPrefix =
                slash >= 0 && (prefix.length() > 253 || !PREFIX.matcher(prefix).matches());
        if (wrongPrefix || !NAME.matcher(key.substring(slash + 1)).matches()) {
            throw new ConfigException("'" + key + "' is no label key: [prefix/]name, name up to 63 characters of "
                    + "letters, digits, '-', '_', '.', prefix a DNS name");
        }
    }

    private static void checkValue(String key, String value) {
        if (!value.isEmpty() && !NAME.matcher(value).matches()) {
            throw new ConfigException("label " + key + ": '" + value + "' is no label value: up to 63 characters of "
                    + "letters, digits, '-', '_', '.', first and last a letter or digit");
        }
    }
}
