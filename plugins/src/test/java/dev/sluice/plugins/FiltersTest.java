package dev.sluice.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugins.LabelSelector.Requirement;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Role;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FiltersTest {
    private static final FakeCandidates ROLES = FakeCandidates.labelled(
            role("prefill"),
            role("decode"),
            role("encode"),
            role("both"),
            role("prefill-decode"),
            role("encode-prefill"),
            role("encode-prefill-decode"),
            role("surprise"),
            Map.of());

    @Test
    void decodeKeepsWhatDecodesAndWhatHasNoRole() {
        assertThat(kept(RoleFilter.decode(), ROLES)).containsExactly(1, 3, 4, 6, 8);
    }

    @Test
    void prefillKeepsWhatPrefillsAndNothingWithoutARole() {
        assertThat(kept(RoleFilter.prefill(), ROLES)).containsExactly(0, 3, 4, 5, 6);
    }

    @Test
    void encodeKeepsWhatEncodesAndNothingWithoutARole() {
        assertThat(kept(RoleFilter.encode(), ROLES)).containsExactly(2, 5, 6);
    }

    @Test
    void byLabelKeepsTheValuesItIsGivenAndPerhapsWhatHasNone() {
        assertThat(kept(byLabel(List.of("decode", "both"), false), ROLES)).containsExactly(1, 3);
        assertThat(kept(byLabel(List.of("decode"), true), ROLES)).containsExactly(1, 8);
        assertThat(kept(byLabel(List.of(), true), ROLES)).containsExactly(8);
        assertThatThrownBy(() -> byLabel(List.of(), false))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("keeps no endpoint");
    }

    private static Filter byLabel(List<String> values, boolean unlabelled) {
        return new ByLabel(new ByLabel.Config(Role.LABEL, values, unlabelled));
    }

    @Test
    void aRoleWithoutALabelCountsToo() {
        FakeCandidates candidates = FakeCandidates.withRoles(Role.PREFILL, Role.DECODE, Role.ENCODE, Role.BOTH);
        assertThat(kept(RoleFilter.decode(), candidates)).containsExactly(1, 3);
        assertThat(kept(RoleFilter.prefill(), candidates)).containsExactly(0);
    }

    @Test
    void aFilterNeverBringsBackWhatAnotherRemoved() {
        boolean[] keep = new boolean[ROLES.size()];
        RoleFilter.decode().filter(new FakeRequest(1), ROLES, keep);
        selector(Map.of()).filter(new FakeRequest(1), ROLES, keep);
        assertThat(keep).containsOnly(false);
    }

    @Test
    void allMatchLabelsMustMatch() {
        FakeCandidates candidates = FakeCandidates.labelled(
                Map.of("zone", "a", "tier", "gold"),
                Map.of("zone", "a"),
                Map.of("zone", "b", "tier", "gold"),
                Map.of());
        assertThat(kept(selector(Map.of("zone", "a", "tier", "gold")), candidates))
                .containsExactly(0);
        assertThat(kept(selector(Map.of("zone", "a")), candidates)).containsExactly(0, 1);
    }

    @Test
    void anEmptySelectorMatchesAll() {
        assertThat(kept(selector(Map.of()), FakeCandidates.labelled(Map.of(), Map.of("a", "b"))))
                .containsExactly(0, 1);
    }

    @Test
    void expressionsMeanWhatTheyMeanInKubernetes() {
        FakeCandidates candidates = FakeCandidates.labelled(Map.of("zone", "a"), Map.of("zone", "c"), Map.of());
        assertThat(kept(selector("zone", "In", "a", "b"), candidates)).containsExactly(0);
        assertThat(kept(selector("zone", "NotIn", "a", "b"), candidates)).containsExactly(1, 2);
        assertThat(kept(selector("zone", "Exists"), candidates)).containsExactly(0, 1);
        assertThat(kept(selector("zone", "DoesNotExist"), candidates)).containsExactly(2);
    }

    @Test
    void labelsAndExpressionsMustAllHold() {
        LabelSelector both = new LabelSelector(
                Map.of("zone", "a"),
                List.of(
                        new Requirement("gpu.acme.io/kind", "In", List.of("h100", "h200")),
                        new Requirement("old", "DoesNotExist", List.of())));
        FakeCandidates candidates = FakeCandidates.labelled(
                Map.of("zone", "a", "gpu.acme.io/kind", "h100"),
                Map.of("zone", "a", "gpu.acme.io/kind", "h100", "old", ""),
                Map.of("zone", "a", "gpu.acme.io/kind", "l4"),
                Map.of("zone", "b", "gpu.acme.io/kind", "h200"));
        assertThat(kept(new LabelSelectorFilter(both), candidates)).containsExactly(0);
    }

    @Test
    void operatorAndValuesMustFit() {
        assertThatThrownBy(() -> new Requirement("zone", "In", List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("needs at least one value");
        assertThatThrownBy(() -> new Requirement("zone", "Exists", List.of("a")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("takes no values");
        assertThatThrownBy(() -> new Requirement("zone", "in", List.of("a")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("In, NotIn, Exists, DoesNotExist");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-a", "a-", "a b", "/a", "a/", "A.io/a", "a/b/c", "ä"})
    void keysThatNoLabelCanHaveAreRefused(String key) {
        assertThatThrownBy(() -> new LabelSelector(Map.of(key, "v"), List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("no label key");
    }

    @Test
    void keysAndValuesHaveTheLengthsOfKubernetes() {
        String longest = "a".repeat(63);
        assertThat(new LabelSelector(Map.of("a.io/" + longest, longest), List.of()).matchLabels())
                .hasSize(1);
        assertThatThrownBy(() -> new LabelSelector(Map.of("a", longest + "a"), List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("no label value");
        assertThatThrownBy(() -> new Requirement(longest + "a", "Exists", List.of()))
                .isInstanceOf(ConfigException.class);
    }

    private static Map<String, String> role(String role) {
        return Map.of(Role.LABEL, role);
    }

    private static Filter selector(Map<String, String> labels) {
        return new LabelSelectorFilter(new LabelSelector(labels, List.of()));
    }

    private static Filter selector(String key, String operator, String... values) {
        return new LabelSelectorFilter(
                new LabelSelector(Map.of(), List.of(new Requirement(key, operator, List.of(values)))));
    }

    private static List<Integer> kept(Filter filter, FakeCandidates candidates) {
        boolean[] keep = new boolean[candidates.size()];
        Arrays.fill(keep, true);
        filter.filter(new FakeRequest(1), candidates, keep);
        return java.util.stream.IntStream.range(0, keep.length)
                .filter(i -> keep[i])
                .boxed()
                .toList();
    }
}
