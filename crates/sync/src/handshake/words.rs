//! Fingerprints as words, to be compared on the telephone.
//!
//! The words are the PGP word list (Zimmermann and Juola, 1995): bytes at even places have words of two syllables, those at odd
//! places words of three, so that a word that was left out or exchanged is heard.
//!
//! Invariant: each byte has exactly one word at its place, and no word is in both lists.

use crate::openpgp::Fingerprint;

const EVEN: &str = "
    aardvark absurd accrue acme adrift adult afflict ahead aimless Algol allow alone ammo ancient apple
    artist assume Athens atlas Aztec baboon backfield backward banjo beaming bedlamp beehive beeswax
    befriend Belfast berserk billiard bison blackjack blockade blowtorch bluebird bombast bookshelf
    brackish breadline breakup brickyard briefcase Burbank button buzzard cement chairlift chatter
    checkup chisel choking chopper Christmas clamshell classic classroom cleanup clockwork cobra
    commence concert cowbell crackdown cranky crowfoot crucial crumpled crusade cubic dashboard deadbolt
    deckhand dogsled dragnet drainage dreadful drifter dropper drumbeat drunken Dupont dwelling eating
    edict egghead eightball endorse endow enlist erase escape exceed eyeglass eyetooth facial fallout
    flagpole flatfoot flytrap fracture framework freedom frighten gazelle Geiger glitter glucose goggles
    goldfish gremlin guidance hamlet highchair hockey indoors indulge inverse involve island jawbone
    keyboard kickoff kiwi klaxon locale lockup merit minnow miser Mohawk mural music necklace Neptune
    newborn nightbird Oakland obtuse offload optic orca payday peachy pheasant physique playhouse Pluto
    preclude prefer preshrunk printer prowler pupil puppy python quadrant quiver quota ragtime ratchet
    rebirth reform regain reindeer rematch repay retouch revenge reward rhythm ribcage ringbolt robust
    rocker ruffled sailboat sawdust scallion scenic scorecard Scotland seabird select sentence shadow
    shamrock showgirl skullcap skydive slingshot slowdown snapline snapshot snowcap snowslide solo
    southward soybean spaniel spearhead spellbind spheroid spigot spindle spyglass stagehand stagnate
    stairway standard stapler steamship sterling stockman stopwatch stormy sugar surmount suspense
    sweatband swelter tactics talon tapeworm tempest tiger tissue tonic topmost tracker transit trauma
    treadmill Trojan trouble tumor tunnel tycoon uncut unearth unwind uproot upset upshot vapor village
    virus Vulcan waffle wallet watchword wayside willow woodlark Zulu
";

const ODD: &str = "
    adroitness adviser aftermath aggregate alkali almighty amulet amusement antenna applicant Apollo
    armistice article asteroid Atlantic atmosphere autopsy Babylon backwater barbecue belowground
    bifocals bodyguard bookseller borderline bottomless Bradbury bravado Brazilian breakaway Burlington
    businessman butterfat Camelot candidate cannonball Capricorn caravan caretaker celebrate cellulose
    certify chambermaid Cherokee Chicago clergyman coherence combustion commando company component
    concurrent confidence conformist congregate consensus consulting corporate corrosion councilman
    crossover crucifix cumbersome customer Dakota decadence December decimal designing detector
    detergent determine dictator dinosaur direction disable disbelief disruptive distortion document
    embezzle enchanting enrollment enterprise equation equipment escapade Eskimo everyday examine
    existence exodus fascinate filament finicky forever fortitude frequency gadgetry Galveston getaway
    glossary gossamer graduate gravity guitarist hamburger Hamilton handiwork hazardous headwaters
    hemisphere hesitate hideaway holiness hurricane hydraulic impartial impetus inception indigo inertia
    infancy inferno informant insincere insurgent integrate intention inventive Istanbul Jamaica Jupiter
    leprosy letterhead liberty maritime matchmaker maverick Medusa megaton microscope microwave
    midsummer millionaire miracle misnomer molasses molecule Montana monument mosquito narrative nebula
    newsletter Norwegian October Ohio onlooker opulent Orlando outfielder Pacific pandemic Pandora
    paperweight paragon paragraph paramount passenger pedigree Pegasus penetrate perceptive performance
    pharmacy phonetic photograph pioneer pocketful politeness positive potato processor provincial
    proximate puberty publisher pyramid quantity racketeer rebellion recipe recover repellent replica
    reproduce resistor responsive retraction retrieval retrospect revenue revival revolver sandalwood
    sardonic Saturday savagery scavenger sensation sociable souvenir specialist speculate stethoscope
    stupendous supportive surrender suspicious sympathy tambourine telephone therapist tobacco tolerance
    tomorrow torpedo tradition travesty trombonist truncated typewriter ultimate undaunted underfoot
    unicorn unify universe unravel upcoming vacancy vagabond vertigo Virginia visitor vocalist voyager
    warranty Waterloo whimsical Wichita Wilmington Wyoming yesteryear Yucatan
";

/// The words of a fingerprint, in four lines of five.
pub fn words(fingerprint: &Fingerprint) -> Vec<String> {
    let lists: [Vec<&str>; 2] = [EVEN, ODD].map(|list| list.split_whitespace().collect());
    let word =
        |(place, byte): (usize, &u8)| lists[place % 2].get(usize::from(*byte)).copied().unwrap_or_default();
    let all: Vec<&str> = fingerprint.bytes().iter().enumerate().map(word).collect();
    all.chunks(5).map(|line| line.join(" ")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_byte_has_one_word_at_its_place() {
        let (even, odd): (Vec<_>, Vec<_>) =
            (EVEN.split_whitespace().collect(), ODD.split_whitespace().collect());
        assert_eq!((even.len(), odd.len()), (256, 256));
        assert_eq!(even.iter().chain(&odd).collect::<BTreeSet<_>>().len(), 512);
        // The example of the list's description.
        let fingerprint: Fingerprint = "E582 94F2 E9A2 2748 6E8B 061B 31CC 528F D7FA 3F19".parse().unwrap();
        assert_eq!(
            words(&fingerprint).join(" "),
            "topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator goldfish Medusa afflict bravado chatter \
             revolver Dupont midsummer stopwatch whimsical cowbell bottomless"
        );
    }
}
