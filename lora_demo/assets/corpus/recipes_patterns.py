"""Sentence patterns of the recipe grammar; their slots name the lists in recipes_words."""

# Patterns that read alike in both languages: the forms come from the job that fills the slot.
ALIKE = ("{prep}.", "{full}.", "{cook}.", "{pair}.", "{aside}.", "{next} {prep}.", "{next} {cook}.",
         "{prep:passive}.", "{full:passive}.", "{prep:sie}.")

# Sentence patterns, German and English in turn. {fat}, {fat2}: any entry of that list; after the
# colon stands the form wanted: "acc", "dat" with article, "dat~" without, "zu dat" with a
# preposition, "dat~ frisch" with an adjective; "ist/sind" by number; "er", "ihn" pronouns.
PATTERNS = """
Vergessen Sie nicht, {start:zu}.
Do not forget to {start}.
Während {boiler:nom} {boiler:kocht/kochen}, {prep}.
While {boiler:the} {boiler:is/are} boiling, {prep}.
{savory}, dann mit Salz und {spice} würzen.
{savory}, then season with salt and {spice}.
Sobald {stock:nom} kocht, {grain:acc} einrühren.
As soon as {stock:the} boils, stir in {grain:the}.
Sobald das Salzwasser kocht, {pasta:acc} hineingeben und bissfest kochen.
As soon as the salted water boils, add {pasta:the} and boil until al dente.
Sobald {aromatic:nom} glasig {aromatic:ist/sind}, {joins:acc} zugeben und kurz mitdünsten.
As soon as {aromatic:the} {aromatic:is/are} translucent, add {joins:the} and sweat briefly.
{aromatic:acc} und {joins:acc} {heat} in {fat:dat~} dünsten.
Sweat {aromatic:the} and {joins} in {fat} {heat}.
Mit Salz, Pfeffer und {spice} abschmecken.
Season to taste with salt, pepper and {spice}.
{soup:acc} mit {spice}, {acid} und Salz abschmecken.
Season {soup:the} to taste with {spice}, {acid} and salt.
{sauce:acc} mit einem Spritzer {acid} und einer Prise Zucker abschmecken.
Season {sauce:the} to taste with a splash of {acid} and a pinch of sugar.
{flat:acc} von beiden Seiten mit Salz und {rub} würzen.
Season {flat:the} on both sides with salt and {rub}.
{flat:nom} {flat:wird/werden} von beiden Seiten in {fat:dat~} goldbraun gebraten.
{flat:the} {flat:is/are} fried in {fat} until golden brown on both sides.
{flat:acc} {sec} auf jeder Seite braten und warm stellen.
Fry {flat:the} {sec} on each side and keep {flat:it/them} warm.
{juicy:acc} erst zum Schluss salzen, damit {juicy:er} saftig {juicy:bleibt/bleiben}.
Salt {juicy:the} only at the end so that {juicy:it stays/they stay} juicy.
{juicy:acc} nicht zu lange braten, sonst {juicy:wird/werden} {juicy:er} trocken.
Do not fry {juicy:the} for too long, otherwise {juicy:it/they} will become dry.
Wer es schärfer mag, gibt noch etwas {hot} {soup:zu dat}.
If you like it spicier, add a little {hot} to {soup:the}.
Wer es milder mag, rührt noch etwas {cream} unter {soup:acc}.
If you like it milder, stir a little {cream} into {soup:the}.
Wer es süßer mag, gibt einen Löffel {sweet} {pudding:zu dat}.
If you like it sweeter, add a spoonful of {sweet} to {pudding:the}.
Mit {wine} ablöschen und {stock:acc} angießen.
Deglaze with {wine} and pour in {stock:the}.
Mit {wine} ablöschen und die Flüssigkeit {heat} einkochen lassen.
Deglaze with {wine} and let the liquid reduce {heat}.
{stock:acc} angießen, aufkochen und {long} köcheln lassen.
Pour in {stock:the}, bring to a boil and let simmer {long}.
{soup:acc} aufkochen und zugedeckt bei schwacher Hitze {long} köcheln lassen.
Bring {soup:the} to a boil, then cover and let simmer over low heat {long}.
{soup:acc} weitere {again} köcheln lassen, dann vom Herd nehmen.
Let {soup:the} simmer for {again}, then remove from the heat.
{pot:acc} gelegentlich umrühren, damit nichts anbrennt.
Stir {pot:the} occasionally so that nothing burns.
{pot:acc} offen köcheln lassen, bis {pot:er} leicht {pot:eindickt/eindicken}.
Let {pot:the} simmer uncovered until {pot:it thickens/they thicken} slightly.
{cream:acc} einrühren und {soup:acc} nicht mehr kochen lassen.
Stir in {cream:the} and do not let {soup:the} boil again.
{puree:acc} mit dem Stabmixer fein pürieren und durch ein Sieb streichen.
Purée {puree:the} with an immersion blender until smooth and press through a sieve.
{puree:acc} pürieren und mit {cream:dat~} verfeinern.
Purée {puree:the} and refine with {cream}.
Falls {soup:nom} zu dick {soup:ist/sind}, noch etwas {stock} zugießen.
If {soup:the} {soup:is/are} too thick, pour in a little more {stock}.
{sauce:acc} mit etwas {binder} binden.
Thicken {sauce:the} with a little {binder}.
{sauce:acc} unter ständigem Rühren erhitzen, bis {sauce:er} {sauce:eindickt/eindicken}.
Heat {sauce:the}, stirring constantly, until {sauce:it thickens/they thicken}.
Ist {sauce:nom} zu dünn, hilft ein Teelöffel {binder}.
If {sauce:the} is too thin, a teaspoon of {binder} will help.
{grain:acc} {stock:in dat} garen, bis die Flüssigkeit aufgesogen ist.
Cook {grain:the} in {stock:the} until the liquid has been absorbed.
{pulse:acc} über Nacht in kaltem Wasser einweichen.
Soak {pulse:the} in cold water overnight.
{simmered:acc} {long} kochen, bis {simmered:er} weich sind.
Boil {simmered:the} {long} until they are soft.
{pasta:acc} in reichlich Salzwasser bissfest kochen, abgießen und mit {coat:dat} mischen.
Boil {pasta:the} in plenty of salted water until al dente, drain and mix with {coat:the}.
{pasta:acc} abgießen und dabei eine Tasse Kochwasser auffangen.
Drain {pasta:the}, reserving a cup of the cooking water.
{yeasty:acc} abdecken und {rise} gehen lassen.
Cover {yeasty:the} and let it rise {rise}.
{yeasty:acc} mit den Händen kneten, bis {yeasty:er} glatt und elastisch ist.
Knead {yeasty:the} with your hands until smooth and elastic.
{yeasty:nom} muss {rise} ruhen, bevor {yeasty:er} geformt wird.
{yeasty:the} must rest {rise} before it is shaped.
{rolled:acc} auf einer bemehlten Arbeitsfläche etwa {mm} dick ausrollen.
Roll out {rolled:the} on a floured work surface to a thickness of about {mm}.
{rolled:acc} vor dem Ausrollen {rest} ruhen lassen.
Let {rolled:the} rest {rest} before rolling it out.
Wenn {rolled:nom} zu klebrig ist, noch {dusting} einarbeiten.
If {rolled:the} is too sticky, work in {dusting}.
{crumbly:acc} zu einer Kugel formen und in Frischhaltefolie {rest} kalt stellen.
Shape {crumbly:the} into a ball and chill it in plastic wrap {rest}.
Das Mehl mit {flour:dat}, {flour2:dat} und einer Prise Salz mischen.
Mix the flour with {flour:the}, {flour2:the} and a pinch of salt.
{sifted:acc} über {foam:acc} sieben und vorsichtig unterheben.
Sift {sifted:the} over {foam:the} and gently fold it in.
Die Butter mit {sugar:dat} schaumig rühren, dann nach und nach {foamy} unterrühren.
Beat the butter with {sugar:the} until fluffy, then gradually stir in {foamy}.
{add:acc} vorsichtig unter {batter:acc} heben.
Gently fold {add:the} into {batter:the}.
{n} Esslöffel {oil} in einer Pfanne erhitzen.
Heat {n} tablespoons of {oil} in a pan.
{n} Zweige {sprig} und {n2} Zweige {sprig2} zugeben.
Add {n} sprigs of {sprig} and {n2} sprigs of {sprig2}.
{grams} Gramm {measured} in eine Schüssel geben.
Put {grams} grams of {measured} into a bowl.
{ml} Milliliter {warmed} {heat} in einem Topf erwärmen.
Warm {ml} milliliters of {warmed} in a pot {heat}.
Für {serving} {bought}.
For {serving} of {bought}.
{tin:acc} mit {grease} einfetten und mit {crumb:dat~} ausstreuen.
Grease {tin:the} with {grease} and sprinkle with {crumb}.
{batter:acc} in {tin:acc} füllen und glatt streichen.
Pour {batter:the} into {tin:the} and smooth the top.
Den Backofen auf {hotter} Grad vorheizen und das Backblech mit Backpapier auslegen.
Preheat the oven to {hotter} degrees and line the baking sheet with parchment paper.
{cake:acc} im vorgeheizten Ofen bei {warm} Grad etwa {bake} backen.
Bake {cake:the} in the preheated oven at {warm} degrees {bake:about}.
{gratin:acc} bei {hotter} Grad {oven} backen, bis {topping:nom} goldbraun {topping:ist/sind}.
Bake {gratin:the} at {hotter} degrees {oven} until {topping:the} {topping:is/are} golden brown.
{biscuit:acc} bei {warm} Grad auf der {rack} Schiene {min} backen.
Bake {biscuit:the} at {warm} degrees on the {rack} rack {min}.
{bread:acc} bei {hottest} Grad {loaf} backen, bis {bread:er} beim Klopfen hohl {bread:klingt/klingen}.
Bake {bread:the} at {hottest} degrees {loaf} until {bread:it sounds/they sound} hollow when tapped.
Die Temperatur auf {warm} Grad reduzieren und {cake:acc} weitere {again} backen.
Reduce the temperature to {warm} degrees and bake {cake:the} for {again}.
{cake:acc} aus dem Ofen nehmen und auf einem Kuchengitter abkühlen lassen.
Take {cake:the} out of the oven and let it cool on a wire rack.
Falls {gratin:nom} zu dunkel {gratin:wird/werden}, mit Alufolie abdecken.
If {gratin:the} {gratin:gets/get} too dark, cover {gratin:it/them} with aluminum foil.
{treat:acc} mit {dust} bestreuen und lauwarm mit {scoop:dat~} servieren.
Sprinkle {treat:the} with {dust} and serve lukewarm with {scoop}.
{layer:acc} und {layer2:acc} abwechselnd in die Auflaufform schichten.
Layer {layer:the} and {layer2} alternately in the baking dish.
{gratin:acc} mit geriebenem {cheese} bestreuen und {oven} backen.
Sprinkle {gratin:the} with grated {cheese} and bake {oven}.
{soup:acc} mit {herb:dat~ gehackt} bestreuen und {soon}.
Sprinkle {soup:the} with chopped {herb} and {soon}.
Vor dem Servieren {bowl:acc} mit {herb:dat~ frisch} garnieren.
Before serving, garnish {bowl:the} with fresh {herb}.
{main:acc} auf vorgewärmten Tellern anrichten und mit {classic:dat~} servieren.
Arrange {main:the} on warmed plates and serve with {classic}.
Dazu {side:passt/passen} {side} oder {side2}.
This goes well with {side} or {side2}.
{main:zu dat} {classic:passt/passen} am besten {classic}.
{classic} {classic:goes/go} best with {main:the}.
{keeps:nom} {keeps:schmeckt/schmecken} am nächsten Tag noch besser.
{keeps:the} {keeps:tastes/taste} even better the next day.
{roast:acc} {min} ruhen lassen, bevor {roast:er} aufgeschnitten {roast:wird/werden}.
Let {roast:the} rest {min} before {roast:it is/they are} sliced.
{jar:nom} {jar:hält/halten} sich im Kühlschrank {days}.
{jar:the} {jar:keeps/keep} in the refrigerator {days}.
In einer gut verschlossenen Dose bleiben {biscuit:nom} {weeks} frisch.
In a tightly closed tin, {biscuit:the} stay fresh {weeks}.
{keeps:nom} {keeps:lässt/lassen} sich portionsweise gut einfrieren.
{keeps:the} {keeps:freezes/freeze} well in portions.
{herb:acc} in ein feuchtes Tuch wickeln, damit {herb:er} länger frisch {herb:bleibt/bleiben}.
Wrap {herb:the} in a damp cloth so that {herb:it stays/they stay} fresh longer.
{herb:acc} erst am Ende zugeben, damit {herb:er} {herb:sein} Aroma {herb:behält/behalten}.
Add {herb:the} only at the end so that {herb:it keeps its/they keep their} flavor.
Statt {herb} kann man auch {herb2} verwenden.
Instead of {herb}, you can also use {herb2}.
Statt {rich} kann man für {soup:acc} auch {rich2} verwenden.
Instead of {rich}, you can also use {rich2} for {soup:the}.
Wer {nut:keine} {nut} mag, nimmt stattdessen {nut2}.
If you do not like {nut}, use {nut2} instead.
{rich:nom} kann durch {rich2:acc~} ersetzt werden.
{rich:the} can be replaced with {rich2}.
{nut:acc} in einer Pfanne ohne Fett rösten, bis {nut:er} {nut:duftet/duften}.
Toast {nut:the} in a dry pan until fragrant.
{nut:acc} grob hacken und über {bowl:acc} streuen.
Coarsely chop {nut:the} and sprinkle them over {bowl:the}.
Achten Sie darauf, dass {nut:nom} beim Rösten nicht {nut:verbrennt/verbrennen}.
Make sure that {nut:the} {nut:does/do} not burn while toasting.
{marinee:acc} mit {oil} und {zing} bestreichen und {rest} marinieren.
Brush {marinee:the} with {oil} and {zing} and marinate {marinee:it/them} {rest}.
{marinee:acc} aus der Marinade nehmen, abtropfen lassen und {heat} braten.
Take {marinee:the} out of the marinade, let {marinee:it/them} drain and fry {heat}.
Für das Dressing {oil}, {acid} und {zing} verrühren.
For the dressing, stir together {oil}, {acid} and {zing}.
{salad:acc} und {salad2:acc} in einer großen Schüssel mit dem Dressing mischen.
Mix {salad:the} and {salad2} with the dressing in a large bowl.
Das Dressing erst kurz vor dem Servieren über {bowl:acc} geben.
Pour the dressing over {bowl:the} only just before serving.
{steeped:acc} im Kühlschrank {rest} ziehen lassen.
Let {steeped:the} stand in the refrigerator {rest}.
{aromatic:acc} und {joins:acc} in {fat:dat~} dünsten, mit {wine} ablöschen, {stock:acc} angießen \
und {long} köcheln lassen.
Sweat {aromatic:the} and {joins} in {fat}, deglaze with {wine}, pour in {stock:the} \
and let simmer {long}.
Während {soup:nom} köchelt, {nut:acc} rösten, grob hacken und mit {herb:dat~ gehackt} mischen.
While {soup:the} is simmering, toast {nut:the}, coarsely chop them and mix with chopped {herb}.
Nachdem {yeasty:nom} {rise} gegangen ist, noch einmal kräftig durchkneten.
After {yeasty:the} has risen {rise}, knead it vigorously once more.
Damit {cake:nom} nicht kleben bleibt, {tin:acc} gründlich mit {grease} einfetten.
To keep {cake:the} from sticking, grease {tin:the} thoroughly with {grease}.
{cake:nom} ist fertig, wenn an einem Holzstäbchen kein Teig mehr klebt.
{cake:the} is done when a toothpick inserted in the center comes out clean.
Für mehr Aroma einen Zweig {sprig} {pot:in acc} geben.
For more flavor, add a sprig of {sprig} to {pot:the}.
{keeps:acc} am besten schon am Vortag zubereiten.
It is best to prepare {keeps:the} the day before.
{jar:acc} in ein sauberes Glas füllen und gut verschließen.
Put {jar:the} into a clean jar and seal it tightly.
Mit {basic} und {spice} würzen.
Season with {basic} and {spice}.
{sauce:acc} {heat} erwärmen.
Warm {sauce:the} {heat}.
{rolled:acc} dünn ausrollen.
Roll out {rolled:the} thinly.
{gratin:acc} heiß servieren.
Serve {gratin:the} hot.
{roast:acc} in Alufolie wickeln und {min} ruhen lassen.
Wrap {roast:the} in aluminum foil and let {roast:it/them} rest {min}.
Wenn Sie {sprig:keine} {sprig} bekommen, {main:schmeckt/schmecken} {main:nom} auch mit {sprig2:dat~ frisch}.
If you cannot get any {sprig}, {main:the} also {main:tastes/taste} good with fresh {sprig2}.
{roll:acc} mit {wash} bestreichen und bei {hotter} Grad goldbraun backen.
Brush {roll:the} with {wash} and bake at {hotter} degrees until golden brown.
{soup:acc} in tiefe Teller füllen und mit {herb:dat~ frisch} garnieren.
Ladle {soup:the} into soup plates and garnish with fresh {herb}.
Um {sauce:acc} zu binden, etwas {binder} einrühren.
To thicken {sauce:the}, stir in a little {binder}.
Je länger {pot:nom} köchelt, desto aromatischer wird {pot:er}.
The longer {pot:the} simmers, the more flavorful it becomes.
Lassen Sie {roast:acc} {min} ruhen, bevor Sie {roast:ihn} aufschneiden.
Let {roast:the} rest {min} before you slice {roast:it/them}.
{cake:nom} sollte vollständig auskühlen, bevor man {cake:ihn} mit {powder} bestäubt.
{cake:the} should cool completely before you dust it with {powder}.
Es genügt, {steamy:acc} {min} zu dämpfen.
It is enough to steam {steamy:the} {min}.
{steamy:acc} {sec} blanchieren und in Eiswasser abschrecken.
Blanch {steamy:the} {sec} and shock {steamy:it/them} in ice water.
Die Sahne steif schlagen und unter {dairy:acc} heben.
Whip the cream until stiff and fold it into {dairy:the}.
Das Eiweiß steif schlagen und unter {batter:acc} heben.
Beat the egg whites until stiff and fold them into {batter:the}.
{dairy:acc} mit {herb:dat~ gehackt} und {citrus} verrühren.
Stir together {dairy:the}, chopped {herb} and {citrus}.
{lemonlike:acc} heiß abwaschen, die Schale abreiben und den Saft auspressen.
Wash {lemonlike:the} in hot water, grate the zest and squeeze out the juice.
Die Hefe in {lukewarm} auflösen und {min} stehen lassen.
Dissolve the yeast in {lukewarm} and let it stand {min}.
{crumbly:acc} nur kurz kneten, sonst wird {crumbly:er} zäh.
Knead {crumbly:the} only briefly, otherwise it becomes tough.
{breaded:acc} erst in Ei und dann in {breading} wenden.
Dredge {breaded:the} first in egg and then in {breading}.
{flat:acc} mehrmals wenden, damit {flat:er} gleichmäßig {flat:gart/garen}.
Turn {flat:the} several times so that {flat:it cooks/they cook} evenly.
{skinned:acc} zuerst auf der Hautseite braten, bis die Haut knusprig ist.
Fry {skinned:the} on the skin side first until the skin is crisp.
{boat:acc} der Länge nach halbieren, mit {filling} füllen und {oven} backen.
Halve {boat:the} lengthwise, fill with {filling} and bake {oven}.
Ein Lorbeerblatt und {n} Nelken {pot:zu dat} geben und nach der Garzeit wieder entfernen.
Add a bay leaf and {n} cloves to {pot:the} and remove them after the cooking time.
{seed:acc} im Mörser fein zerstoßen.
Finely crush {seed:the} in a mortar.
Alle Zutaten für {cake:acc} rechtzeitig abwiegen und bereitstellen.
Weigh and set out all the ingredients for {cake:the} in good time.
{burnt:acc} nicht zu heiß werden lassen, sonst {burnt:wird/werden} {burnt:er} bitter.
Do not let {burnt:the} get too hot, otherwise {burnt:it turns/they turn} bitter.
{chocolate:acc} fein hacken und langsam im heißen Wasserbad schmelzen.
Finely chop {chocolate:the} and slowly melt it over a hot water bath.
{cake:acc} mit {glaze} überziehen und die Glasur fest werden lassen.
Coat {cake:the} with {glaze} and let the glaze set.
{fruit:acc} gleichmäßig auf {spot} verteilen.
Spread {fruit:the} evenly over {spot}.
{roll:acc} auf das Blech legen und {rise} gehen lassen, bis {roll:er} deutlich größer sind.
Place {roll:the} on the baking sheet and let them rise {rise} until noticeably larger.
Das Blech auf die {shelf} Schiene schieben und {biscuit:acc} {min} backen.
Slide the baking sheet onto the {shelf} rack and bake {biscuit:the} {min}.
Die Ofentür während der Backzeit nicht öffnen, sonst {airy:fällt/fallen} {airy:nom} zusammen.
Do not open the oven door during the baking time, otherwise {airy:the} will collapse.
{cake:acc} mit einem scharfen Messer in {count} Stücke schneiden.
Cut {cake:the} into {count} pieces with a sharp knife.
{berry:acc} mit Gelierzucker aufkochen, in saubere Gläser füllen und sofort verschließen.
Bring {berry:the} to a boil with jam sugar, pour into clean jars and seal immediately.
{stock:acc} langsam erhitzen und den Schaum mit einer Kelle abschöpfen.
Slowly heat {stock:the} and skim off the foam with a ladle.
{leafy:acc} mehrmals in kaltem Wasser waschen und trocken schleudern.
Wash {leafy:the} several times in cold water and spin {leafy:it/them} dry.
{torn:acc} in kleine Stücke zupfen und über {bowl:dat} verteilen.
Tear {torn:the} into small pieces and spread {torn:it/them} over {bowl:the}.
{pizza:acc} mit {laden} belegen und bei {hottest} Grad {min} backen.
Top {pizza:the} with {laden} and bake at {hottest} degrees {min}.
Den Blätterteig in {shape} schneiden, mit {stuffing} belegen und mit Eigelb bepinseln.
Cut the puff pastry into {shape}, top with {stuffing} and brush with egg yolk.
Die Eier mit {eggy} und einer Prise {pinch} verquirlen.
Whisk the eggs with {eggy} and a pinch of {pinch}.
{swell:acc} {min} quellen lassen und mit einer Gabel auflockern.
Let {swell:the} swell {min} and fluff with a fork.
{skewer:acc} und {threaded:acc} abwechselnd auf Spieße stecken und grillen.
Thread {skewer:the} and {threaded} alternately onto skewers and grill.
{flat:acc} {sec} auf jeder Seite grillen, dabei nur einmal wenden.
Grill {flat:the} {sec} on each side, turning only once.
{frozen:acc} über Nacht im Kühlschrank auftauen lassen.
Let {frozen:the} thaw in the refrigerator overnight.
{keeps:nom} {keeps:lässt/lassen} sich bis zu {months} einfrieren.
{keeps:the} can be frozen for up to {months}.
{scald:acc} mit kochendem Wasser übergießen und die Haut abziehen.
Pour boiling water over {scald:the} and peel off the skin.
Vegetarier ersetzen {meaty:acc} durch {veggie:acc~}.
Vegetarians replace {meaty:the} with {veggie}.
Wer vegan kocht, ersetzt {rich:acc} durch {plant:acc~}.
If you cook vegan, replace {rich:the} with {plant}.
{stewed:nom} {stewed:muss/müssen} mindestens {hours} schmoren, damit das Fleisch zart wird.
{stewed:the} must braise for at least {hours} so that the meat becomes tender.
Den Bratensatz mit {wine} ablöschen und als Soße {roast:zu dat} reichen.
Deglaze the pan drippings with {wine} and serve as a sauce with {roast:the}.
{flat:acc} aus der Pfanne nehmen und im Ofen bei 80 Grad warm halten.
Take {flat:the} out of the pan and keep {flat:it/them} warm in the oven at 80 degrees.
{mushroom:acc} mit einem feuchten Tuch abreiben und {mushcut}.
Wipe {mushroom:the} with a damp cloth and {mushcut}.
{cream:acc} langsam und unter ständigem Rühren {sauce:in acc} gießen.
Slowly pour {cream:the} into {sauce:the}, stirring constantly.
Den restlichen {cheese} über {gratin:acc} streuen.
Sprinkle the remaining {cheese} over {gratin:the}.
Die Hälfte der {nut} unter {batter:acc} rühren und den Rest darüberstreuen.
Stir half of the {nut} into {batter:the} and sprinkle the rest on top.
Ein Schuss {shot} gibt {gravy:dat} mehr Aroma und eine schöne Farbe.
A dash of {shot} gives {gravy:the} more flavor and a nice color.
Ein Stück {piece} {soup:in dat} mitkochen und vor dem Servieren entfernen.
Boil a piece of {piece} in {soup:the} and remove it before serving.
{herb} {herb:schmeckt/schmecken} frisch am besten, denn beim Trocknen geht viel Aroma verloren.
{herb} {herb:tastes/taste} best fresh, because a lot of flavor is lost during drying.
{raw:acc~ roh} immer gut gekühlt lagern und bald verbrauchen.
Always store raw {raw} well chilled and use it soon.
Nach dem Schneiden von {smelly:dat~} Brett und Messer gründlich reinigen.
After cutting {smelly}, clean the board and knife thoroughly.
{gratin:nom} {gratin:wird/werden} besonders knusprig, wenn man {gratin:ihn} mit {crunch} bestreut.
{gratin:the} becomes especially crisp if you sprinkle it with {crunch}.
Wenn es schnell gehen soll, kann man auch fertigen {ready} nehmen.
If you are in a hurry, you can also use ready-made {ready}.
Das Rezept ergibt etwa {batch} {yielded}.
The recipe makes about {batch} {yielded}.
{layered:acc} vor dem Servieren mindestens {chilled} kalt stellen.
Chill {layered:the} for at least {chilled} before serving.
{pudding:acc} in kleine Gläser füllen und mit {fresh:dat~ frisch} garnieren.
Spoon {pudding:the} into small glasses and garnish with fresh {fresh}.
Vorsicht, {danger:nom} ist sehr heiß und kann spritzen.
Careful, {danger:the} is very hot and can splatter.
{rinsed:acc} in einem Sieb unter fließendem Wasser gründlich abspülen.
Rinse {rinsed:the} thoroughly in a sieve under running water.
So {stays:bleibt/bleiben} {stays:nom} länger frisch.
This way, {stays:the} {stays:stays/stay} fresh longer.
Aus {ball:dat} mit feuchten Händen kleine Kugeln formen und etwas flach drücken.
With damp hands, shape {ball:the} into small balls and press them a little flat.
{scrub:acc} gründlich bürsten und {skinway}.
Scrub {scrub:the} thoroughly and {skinway}.
{steamy:acc} in heißer Butter schwenken und mit {nut:dat~ gehackt} bestreuen.
Toss {steamy:the} in hot butter and sprinkle with chopped {nut}.
{soup:nom} eignet sich gut als Vorspeise für {guests} Personen.
{soup:the} works well as an appetizer for {guests} people.
{treat:nom} {treat:ist/sind} bei Kindern besonders beliebt.
{treat:the} {treat:is/are} especially popular with children.
{gratin:zu dat} passt ein Glas {drink}.
A glass of {drink} goes well with {gratin:the}.
Achten Sie darauf, dass {tool:nom} sauber und trocken {tool:ist/sind}.
Make sure that {tool:the} {tool:is/are} clean and dry.
{sauce:acc} mit dem Schneebesen rühren, bis keine Klümpchen mehr zu sehen sind.
Stir {sauce:the} with a whisk until no more lumps can be seen.
Wenn die Flüssigkeit fast verkocht ist, {cream:acc} zugießen und {min} köcheln lassen.
When the liquid has almost boiled away, pour in {cream:the} and let simmer {min}.
{biscuit:acc} noch warm mit {powder} bestäuben.
Dust {biscuit:the} with {powder} while still warm.
Für {cake:acc} nur weiche Butter verwenden, weil sie sich besser verrühren lässt.
Use only soft butter for {cake:the}, because it is easier to stir.
Je nach Größe brauchen {sized:nom} etwa {takes}.
Depending on their size, {sized:the} take about {takes}.
{sauce:nom} schmeckt nicht nur {dunked:zu dat}, sondern auch zu {starch:dat~}.
{sauce:the} tastes good not only with {dunked:the} but also with {starch}.
{steamy:nom} {steamy:sollte/sollten} weich sein, aber noch etwas Biss haben.
{steamy:the} should be soft but still have a little bite.
{marinee:acc} vorher trocken tupfen, damit {marinee:er} gleichmäßig {marinee:bräunt/bräunen}.
Pat {marinee:the} dry beforehand so that {marinee:it browns/they brown} evenly.
{rolled:acc} zwischen zwei Lagen Backpapier ausrollen.
Roll out {rolled:the} between two layers of parchment paper.
{fillet:acc} in die Auflaufform legen, mit {covering} belegen und {long} im Ofen garen.
Place {fillet:the} in the baking dish, top with {covering} and cook in the oven {long}.
Für {course:acc} braucht man {ware}, {ware2} und {ware3}.
For {course:the}, you need {ware}, {ware2} and {ware3}.
Für {sweetdish:acc} braucht man {sweetware}, {sweetware2} und {sweetware3}.
For {sweetdish:the}, you need {sweetware}, {sweetware2} and {sweetware3}.
{course:zu dat} {ware:passt/passen} {ware} sehr gut.
{ware} {ware:goes/go} very well with {course:the}.
{meal} mit {ware:dat~} und {ware2:dat~}.
{meal} with {ware} and {ware2}.
{sweetdish} mit {sweetware:dat~} und {sweetware2:dat~}.
{sweetdish} with {sweetware} and {sweetware2}.
Kann man {meal:acc} auch mit {ware:dat~} zubereiten?
Can {meal:the} also be made with {ware}?
{ware:acc} und {ware2:acc} zugeben und {stir}.
Add {ware:the} and {ware2} and {stir}.
{ware:acc} in {into} geben und beiseitestellen.
Put {ware:the} into {into} and set aside.
Etwas {season} unter {sauce:acc} rühren.
Stir a little {season} into {sauce:the}.
Ohne {season} schmeckt {sauce:nom} fade.
Without {season}, {sauce:the} tastes bland.
{soup:nom} ist {state}.
{soup:the} is {state}.
{sauce:nom} darf nicht {state} sein.
{sauce:the} must not be {state}.
{rolled:nom} ist {feel}.
{rolled:the} is {feel}.
Prüfen, ob {rolled:nom} {feel} ist.
Check whether {rolled:the} is {feel}.
Wie lange {baked:muss/müssen} {baked:nom} backen?
How long {baked:does/do} {baked:the} have to bake?
{baked:nom} {baked:braucht/brauchen} im Ofen {span}.
{baked:the} {baked:takes/take} {span} in the oven.
Sobald {bit}, {turn}.
As soon as {bit}, {turn}.
Erst wenn {bit}, {turn}.
Only when {bit}, {turn}.
Warten, bis {bit}, dann {turn}.
Wait until {bit}, then {turn}.
So lange rühren, bis {stop}.
Stir until {stop}.
Häufig umrühren, damit {harm}.
Stir often so that {harm}.
Man sollte {prep}.
You should {prep}.
Wer mag, kann {prep}.
If you like, you can {prep}.
Zuerst müssen Sie {prep}.
First, you must {prep}.
Während Sie {prep}, kann {soup:nom} köcheln.
While you {prep}, {soup:the} can simmer.
Bevor Sie {prep}, die Hände waschen.
Before you {prep}, wash your hands.
Es ist besser, {start:zu}.
It is better to {start}.
{prep:should}.
{prep:should}.
Sobald {prep:done}, den Ofen vorheizen.
As soon as {prep:done}, preheat the oven.
Wenn {savory:done}, mit Salz und Pfeffer würzen.
When {savory:done}, season with salt and pepper.
{prep:bare}.
{prep}.
{prep:bare}, dann in {into} geben.
{prep}, then put {prep:them} into {into}.
{fat} in einem Topf erhitzen und {aromatic:acc} darin glasig dünsten.
Heat the {fat} in a pot and sweat {aromatic:the} in it until translucent.
{grams} g {measured}, {ml} ml {warmed} und {num} Eier.
{grams} g {measured}, {ml} ml {warmed} and {num} eggs.
{num} EL {oil}, {num2} TL {spice} und etwas Salz.
{num} tbsp {oil}, {num2} tsp {spice} and a little salt.
{grams} g {pulse}, {ml} ml {stock} und 1 Bund {herb}.
{grams} g {pulse}, {ml} ml {stock} and 1 bunch of {herb}.
{stored:acc} {dryly} aufbewahren.
Keep {stored:the} {dryly}.
{chill:acc} {place} lagern, damit {chill:er} frisch {chill:bleibt/bleiben}.
Store {chill:the} {place} so that {chill:it stays/they stay} fresh.
{lump:acc} in {count} Stücke teilen und zu Kugeln rollen.
Divide {lump:the} into {count} pieces and roll into balls.
{lump:acc} zu einer Rolle formen und in Scheiben schneiden.
Shape {lump:the} into a roll and cut into slices.
{gear:acc} {rinse} reinigen und gut abtrocknen.
Clean {gear:the} {rinse} and dry well.
{meal:nom} {meal:ist/sind} ideal für {diner}.
{meal:the} {meal:is/are} ideal for {diner}.
{crisped:nom} {crisped:sollte/sollten} knusprig und goldbraun sein.
{crisped:the} should be crisp and golden brown.
Nur {fruit} verwenden, die {ripe} sind.
Use only {fruit} that are {ripe}.
"""
