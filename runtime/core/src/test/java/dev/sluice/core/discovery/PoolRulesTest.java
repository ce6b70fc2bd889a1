package dev.sluice.core.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.discovery.PoolRules.Rewrite;
import dev.sluice.core.discovery.PoolRules.Rule;
import dev.sluice.core.discovery.PoolRules.Target;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PoolRulesTest {
    private static Target to(String model) {
        return new Target(model, OptionalInt.empty());
    }

    private static Target to(String model, int weight) {
        return new Target(model, OptionalInt.of(weight));
    }

    private static Rule rule(Set<String> models, Target... targets) {
        return new Rule(models, List.of(targets));
    }

    private static PoolRules rules(Rewrite... rewrites) {
        return new PoolRules(Map.of(), Arrays.asList(rewrites));
    }

    private static Rewrite rewrite(String name, long created, Rule... rules) {
        return new Rewrite(name, created, List.of(rules));
    }

    private static Map<String, Integer> drawn(PoolRules rules, int times) {
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i < times; i++) {
            counts.merge(rules.model("a", i).orElse("a"), 1, Integer::sum);
        }
        return counts;
    }

    @Test
    void aRuleThatNamesTheModelGoesBeforeOneForAllAndTheOlderBeforeTheYounger() {
        PoolRules rules = rules(
                rewrite("young", 20, rule(Set.of("a"), to("young"))),
                rewrite("all", 1, rule(Set.of(), to("general"))),
                rewrite("old", 10, rule(Set.of("b", "a"), to("old"), to("old")), rule(Set.of("a"), to("second"))));
        assertThat(rules.model("a", 1)).contains("old");
        assertThat(rules.model("b", 1)).contains("old");
        assertThat(rules.model("c", 1)).contains("general");
        assertThat(rules.names("a")).isTrue();
        assertThat(rules.names("c")).isFalse();
    }

    @Test
    void ofTheSameAgeTheNameDecides() {
        assertThat(rules(rewrite("y", 5, rule(Set.of("a"), to("2"))), rewrite("x", 5, rule(Set.of("a"), to("1"))))
                        .model("a", 1))
                .contains("1");
    }

    @Test
    void weightsAreKeptAndTheSameChanceGivesTheSame() {
        PoolRules rules = rules(rewrite("w", 1, rule(Set.of("a"), to("x", 90), to("y", 10))));
        Map<String, Integer> counts = drawn(rules, 10_000);
        assertThat(counts.get("y")).isBetween(900, 1100);
        assertThat(counts).containsOnlyKeys("x", "y");
        for (int i = 0; i < 100; i++) {
            assertThat(rules.model("a", i)).isEqualTo(rules.model("a", i));
        }
    }

    @Test
    void withoutWeightsAllAreAlikeAndBesideWeightsThoseWithoutAreNeverTaken() {
        assertThat(drawn(rules(rewrite("w", 1, rule(Set.of("a"), to("x"), to("y")))), 1000)
                        .values())
                .allSatisfy(n -> assertThat(n).isBetween(400, 600));
        assertThat(drawn(rules(rewrite("w", 1, rule(Set.of("a"), to("x"), to("y", 1)))), 1000))
                .isEqualTo(Map.of("y", 1000));
    }

    @Test
    void largeWeightsDoNotOverflow() {
        Target[] many = new Target[4000];
        Arrays.fill(many, to("x", 1_000_000));
        assertThat(drawn(rules(rewrite("w", 1, rule(Set.of("a"), many))), 100)).isEqualTo(Map.of("x", 100));
    }

    @Test
    void whatLeadsToItselfOrNowhereChangesNothing() {
        assertThat(rules(rewrite("w", 1, rule(Set.of("a"), to("a")))).model("a", 1))
                .isEmpty();
        assertThat(rules(rewrite("w", 1, rule(Set.of("a")))).model("a", 1)).isEmpty();
        assertThat(PoolRules.NONE.model("a", 1)).isEmpty();
    }

    @Test
    void anObjectiveIsKnownByItsName() {
        PoolRules rules = new PoolRules(Map.of("urgent", 5, "batch", -1), List.of());
        assertThat(rules.priority("urgent")).hasValue(5);
        assertThat(rules.priority("batch")).hasValue(-1);
        assertThat(rules.priority("other")).isEmpty();
    }
}
