package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrintedTest {
    @Test
    void listsOfAlikeObjectsBecomeTables() {
        assertThat(Printed.of("""
                                {"model": "m", "empty": [], "cost": 1.50,
                                 "candidates": [{"id": "a", "score": 0.25}, {"id": "longer", "score": null}],
                                 "done": ["x", 2]}
                                """)).isEqualTo("""
                        model: m
                        empty: none
                        cost: 1.5
                        candidates:
                          id      score
                          a       0.25
                          longer  –
                        done:
                          - x
                          - 2
                        """);
    }

    @Test
    void whatIsNotJsonIsShownAsItIs() {
        assertThat(Printed.of("oh no")).isEqualTo("oh no\n");
    }
}
