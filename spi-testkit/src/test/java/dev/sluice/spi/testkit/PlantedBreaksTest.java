package dev.sluice.spi.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The contracts find what is wrong with each of these, by the test that is meant to find it. */
class PlantedBreaksTest {
    static Stream<Arguments> breaks() {
        return Stream.of(
                of(Breaks.OutOfBounds.class, "anyNumberOfCandidatesIsFine"),
                of(Breaks.NeedsSomebody.class, "anyNumberOfCandidatesIsFine"),
                of(Breaks.NeedsNumbers.class, "candidatesOfWhomNothingIsKnownAreFine"),
                of(Breaks.Moody.class, "theSameQuestionGetsTheSameAnswer"),
                of(Breaks.Shares.class, "manyThreadsAtOnceGetTheAnswersThatOneGets"),
                of(Breaks.Keeps.class, "nothingIsKeptOfWhatWasLent"),
                of(Breaks.Deaf.class, "anInterruptEndsACallSoon"),
                of(Breaks.Slow.class, "aThousandCandidatesTakeLessThanTheBudget"),
                of(Breaks.Places.class, "endpointsAreRatedAndNotTheirPlaces"),
                of(Breaks.EndlessTerms.class, "explanationsAreFiniteAndChangeNothing"),
                of(Breaks.ClosesOnce.class, "closingTwiceIsHarmless"),
                of(Breaks.Leaks.class, "nothingRunsOnAfterClose"),
                of(Breaks.AcceptsAll.class, "wrongConfigurationsAreRefusedInWords"),
                of(Breaks.RefusesOddly.class, "wrongConfigurationsAreRefusedInWords"),
                of(Breaks.BadType.class, "theTypeIsANameForConfigurations"),
                of(Breaks.Unlisted.class, "theServiceFileNamesAPluginThatBringsTheType"),
                of(Breaks.ShipsTheSpi.class, "noSpiClassesAreShipped"),
                of(Breaks.GrowsWhenCopied.class, "aConfigurationIsMadeAgainFromItsValues"),
                of(Breaks.BadDefault.class, "defaultsAreWithinTheirBounds"),
                of(Breaks.BadDefault.class, "theGatewayCanBindTheConfiguration"),
                of(Breaks.WrongKind.class, "anyNumberOfCandidatesIsFine"),
                of(Breaks.KeepsPlaces.class, "endpointsAreKeptAndNotTheirPlaces"),
                of(Breaks.PicksNobody.class, "anyNumberOfCandidatesIsFine"),
                of(Breaks.PicksTwice.class, "anyNumberOfCandidatesIsFine"),
                of(Breaks.ChangesTotals.class, "anyNumberOfCandidatesIsFine"),
                of(Breaks.OwnDice.class, "theSameQuestionGetsTheSameAnswer"),
                of(Breaks.WritesBeyond.class, "anyNumberOfCandidatesIsFine"),
                of(Breaks.NamesNobodyThere.class, "anyNumberOfCandidatesIsFine"),
                of(Breaks.TakesTurns.class, "theSameQuestionGetsTheSameAnswer"),
                of(Breaks.HandsOverHalf.class, "partsOfWhatIsNeededAreNeverHandedOver"),
                of(Breaks.HandsOverTheLast.class, "partsOfWhatIsNeededAreNeverHandedOver"),
                of(Breaks.LosesFields.class, "whatTheClientSaidStays"),
                of(Breaks.ChangesThePrompt.class, "whatTheClientSaidStays"),
                of(Breaks.ExpectsAnswers.class, "whateverIsAnsweredIsTolerated"),
                of(Breaks.WritesNoJson.class, "legsAreWellFormed"),
                of(Breaks.OneRoomForAll.class, "twoAttemptsNeverShareWhatIsHandedOver"));
    }

    private static Arguments of(Class<?> contract, String test) {
        return Arguments.of(contract, test);
    }

    @ParameterizedTest
    @MethodSource("breaks")
    void isFound(Class<?> contract, String test) {
        assertThat(failed(contract)).contains(test + "()");
    }

    private static Set<String> failed(Class<?> contract) {
        Set<String> failed = new TreeSet<>();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(contract))
                .build();
        LauncherFactory.create().execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest() && result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
                    failed.add(test.getDisplayName());
                }
            }
        });
        return failed;
    }
}
