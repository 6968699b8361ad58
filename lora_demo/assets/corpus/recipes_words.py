"""Words of the recipe sentences: nouns, fixed phrases, acts, and what each food allows."""

# A noun is "German code English". The code gives the German gender m, f, n or p (plural);
# a second letter marks an English number that differs: ps = "Nudeln"/"pasta", mp = "Schnittlauch".

NOUNS = {
    "fat": "Butter f butter; Öl n oil; Olivenöl n olive oil; Rapsöl n canola oil; "
           "Butterschmalz n clarified butter; Sonnenblumenöl n sunflower oil",
    "oil": "Olivenöl n olive oil; Rapsöl n canola oil; Walnussöl n walnut oil; "
           "Sesamöl n sesame oil",
    "stock": "Gemüsebrühe f vegetable stock; Fleischbrühe f beef stock; Brühe f stock; "
             "Hühnerbrühe f chicken stock",
    "wine": "Weißwein m white wine; Rotwein m red wine; Portwein m port; Apfelsaft m apple juice",
    "cream": "Sahne f cream; Kokosmilch f coconut milk; Milch f milk; "
             "Crème fraîche f crème fraîche",
    "rich": "Sahne f cream; Schmand m sour cream; Crème fraîche f crème fraîche; Joghurt m yogurt; "
            "Mascarpone m mascarpone; Frischkäse m cream cheese",
    "warmed": "Sahne f cream; Kokosmilch f coconut milk; Milch f milk; Apfelsaft m apple juice; "
              "Gemüsebrühe f vegetable stock; Hühnerbrühe f chicken stock",
    "dairy": "Joghurt m yogurt; Quark m quark; Schmand m sour cream; Frischkäse m cream cheese; "
             "Mascarpone m mascarpone; Crème fraîche f crème fraîche",
    "spice": "Paprikapulver n paprika; Kreuzkümmel m cumin; Kümmel m caraway; Muskat m nutmeg; "
             "Currypulver n curry powder; Majoran m marjoram; Thymian m thyme; Kurkuma f turmeric",
    "hot": "Chilipulver n chili powder; Cayennepfeffer m cayenne pepper; Ingwer m ginger; "
           "Meerrettich m horseradish",
    "acid": "Zitronensaft m lemon juice; Essig m vinegar; Limettensaft m lime juice; "
            "Weißweinessig m white wine vinegar",
    "citrus": "Zitronensaft m lemon juice; Limettensaft m lime juice; Knoblauch m garlic",
    "sweet": "Honig m honey; Ahornsirup m maple syrup; Zucker m sugar",
    "zing": "Senf m mustard; Honig m honey; Ahornsirup m maple syrup; Sojasoße f soy sauce",
    "herb": "Petersilie f parsley; Schnittlauch mp chives; Basilikum n basil; Dill m dill; "
            "Koriander m cilantro; Minze f mint; Kerbel m chervil; Estragon m tarragon",
    "sprig": "Rosmarin m rosemary; Thymian m thyme; Salbei m sage; Petersilie f parsley",
    "nut": "Walnüsse p walnuts; Mandeln p almonds; Haselnüsse p hazelnuts; "
           "Pinienkerne p pine nuts; Kürbiskerne p pumpkin seeds; "
           "Sonnenblumenkerne p sunflower seeds; Cashews p cashews",
    "pulse": "Linsen p lentils; Kichererbsen p chickpeas; Erbsen p peas; Bohnen p beans",
    "simmered": "Linsen p lentils; Erbsen p peas; Kartoffeln p potatoes; Möhren p carrots; "
                "Steckrüben p rutabagas",
    "grain": "Reis m rice; Quinoa f quinoa; Hirse f millet; Bulgur m bulgur; "
             "Graupen ps pearl barley",
    "pasta": "Nudeln ps pasta; Spaghetti ps spaghetti; Bandnudeln ps tagliatelle; Penne ps penne",
    "boiler": "Kartoffeln p potatoes; Nudeln ps pasta; Eier p eggs; Linsen p lentils",
    "soup": "Suppe f soup; Linsensuppe f lentil soup; Kartoffelsuppe f potato soup; "
            "Eintopf m stew; Kürbissuppe f pumpkin soup; Tomatensuppe f tomato soup; "
            "Gemüsesuppe f vegetable soup",
    "puree": "Suppe f soup; Kürbissuppe f pumpkin soup; Kartoffelsuppe f potato soup; "
             "Tomatensoße f tomato sauce; Spargelsuppe f asparagus soup; "
             "Brokkolisuppe f broccoli soup",
    "sauce": "Soße f sauce; Bratensoße f gravy; Tomatensoße f tomato sauce; "
             "Pilzsoße f mushroom sauce; Senfsoße f mustard sauce; Käsesoße f cheese sauce",
    "coat": "Tomatensoße f tomato sauce; Pilzsoße f mushroom sauce; Käsesoße f cheese sauce; "
            "Sahnesoße f cream sauce; Hackfleischsoße f meat sauce; Pesto n pesto",
    "pot": "Gulasch n goulash; Eintopf m stew; Ragout n ragout; Curry n curry; "
           "Tomatensoße f tomato sauce; Chili n chili; Bratensoße f gravy; "
           "Linsensuppe f lentil soup",
    "keeps": "Gulasch n goulash; Eintopf m stew; Linsensuppe f lentil soup; Chili n chili; "
             "Tomatensoße f tomato sauce; Rotkohl m red cabbage; Ragout n ragout; "
             "Rouladen p beef roulades",
    "jar": "Pesto n pesto; Dressing n dressing; Kräuterbutter f herb butter; "
           "Apfelmus n applesauce; Kompott n compote; Hummus m hummus",
    "main": "Schnitzel p schnitzels; Hähnchen n chicken; Gulasch n goulash; Braten m roast; "
            "Frikadellen p meatballs; Rouladen p beef roulades; Ente f duck; "
            "Lammkeule f leg of lamb; Kaninchen n rabbit; Bratwürste p bratwursts",
    "roast": "Braten m roast; Entenbrust f duck breast; Lammkeule f leg of lamb; Steaks p steaks; "
             "Schweinefilet n pork tenderloin; Roastbeef n roast beef; Putenbrust f turkey breast",
    "flat": "Schnitzel p schnitzels; Steaks p steaks; Koteletts p chops; Forellen p trout; "
            "Zanderfilet n pike-perch fillet; Lachsfilet n salmon fillet; "
            "Kabeljaufilet n cod fillet",
    "juicy": "Fleisch n meat; Fisch m fish; Hähnchenbrust f chicken breast; Steaks p steaks; "
             "Lachsfilet n salmon fillet; Putenbrust f turkey breast; Koteletts p chops",
    "marinee": "Fleisch n meat; Hähnchenkeulen p chicken legs; Lammkoteletts p lamb chops; "
               "Tofu m tofu; Schweinesteaks p pork steaks; Putenbrust f turkey breast",
    "side": "Reis m rice; Kartoffelpüree np mashed potatoes; Kartoffelsalat m potato salad; "
            "Gurkensalat m cucumber salad; Bratkartoffeln p fried potatoes; "
            "Weißbrot n white bread; Knödel p dumplings; Baguette n baguette",
    "classic": "Kartoffelpüree np mashed potatoes; Salzkartoffeln p boiled potatoes; "
               "Knödel p dumplings; Bratkartoffeln p fried potatoes; Rotkohl m red cabbage; "
               "Gurkensalat m cucumber salad",
    "salad": "Gurken p cucumbers; Tomaten p tomatoes; Radieschen p radishes; "
             "Kichererbsen p chickpeas; Oliven p olives; Paprikastreifen p pepper strips; "
             "Kartoffeln p potatoes; Mais m corn",
    "bowl": "Salat m salad; Nudelsalat m pasta salad; Kartoffelsalat m potato salad; "
            "Gurkensalat m cucumber salad; Bohnensalat m bean salad; Tomatensalat m tomato salad",
    "steeped": "Nudelsalat m pasta salad; Kartoffelsalat m potato salad; Krautsalat m coleslaw; "
               "Bohnensalat m bean salad; Linsensalat m lentil salad",
    "pudding": "Obstsalat m fruit salad; Milchreis m rice pudding; Kompott n compote; "
               "Grießbrei m semolina pudding; Quarkcreme f quark cream; Joghurt m yogurt",
    "layer": "Kartoffeln p potatoes; Zucchini p zucchini; Auberginen p eggplants; "
             "Tomaten p tomatoes; Lasagneblätter p lasagna sheets; Kürbisscheiben p pumpkin slices",
    "flour": "Speisestärke f cornstarch; Kakao m cocoa; Backpulver n baking powder; "
             "Zucker m sugar; Vanillezucker m vanilla sugar; Natron n baking soda",
    "sifted": "Mehl n flour; Speisestärke f cornstarch; Kakao m cocoa; "
              "Puderzucker m powdered sugar",
    "binder": "Speisestärke f cornstarch; Kartoffelstärke f potato starch; Mehl n flour; "
              "Mehlbutter f beurre manié",
    "foam": "Eischnee m beaten egg whites; Eimasse f egg mixture; Quarkmasse f quark mixture",
    "sugar": "Zucker m sugar; Puderzucker m powdered sugar; Honig m honey; "
             "Vanillezucker m vanilla sugar",
    "measured": "Mehl n flour; Dinkelmehl n spelt flour; Zucker m sugar; "
                "Haferflocken p rolled oats; Grieß m semolina; Puderzucker m powdered sugar",
    "bought": "Kartoffeln p potatoes; Spinat m spinach; Rindfleisch n beef; Möhren p carrots; "
              "Hackfleisch n ground meat; Spargel m asparagus; Champignons p mushrooms; "
              "Rosenkohl mp Brussels sprouts",
    "yeasty": "Teig m dough; Hefeteig m yeast dough; Brotteig m bread dough; "
              "Pizzateig m pizza dough",
    "rolled": "Teig m dough; Mürbeteig m shortcrust dough; Nudelteig m pasta dough; "
              "Hefeteig m yeast dough; Pizzateig m pizza dough; Plätzchenteig m cookie dough",
    "crumbly": "Teig m dough; Mürbeteig m shortcrust dough; Nudelteig m pasta dough; "
               "Plätzchenteig m cookie dough",
    "batter": "Rührteig m cake batter; Schokoladenteig m chocolate batter; Nussteig m nut batter; "
              "Biskuitteig m sponge batter; Quarkmasse f quark mixture",
    "add": "Rosinen p raisins; Kirschen p cherries; Blaubeeren p blueberries; Walnüsse p walnuts; "
           "Schokostückchen p chocolate chips; Mandeln p almonds; Apfelstücke p apple pieces",
    "cake": "Kuchen m cake; Apfelkuchen m apple cake; Zitronenkuchen m lemon cake; "
            "Nusskuchen m nut cake; Marmorkuchen m marble cake; Schokoladenkuchen m chocolate cake",
    "biscuit": "Plätzchen p cookies; Haferkekse p oatmeal cookies; Butterkekse p butter cookies",
    "gratin": "Auflauf m casserole; Kartoffelgratin n potato gratin; "
              "Nudelauflauf m pasta casserole; Lasagne f lasagna; Quiche f quiche; "
              "Zwiebelkuchen m onion tart",
    "bread": "Brot n bread; Roggenbrot n rye bread; Dinkelbrot n spelt bread; "
             "Weißbrot n white bread; Bauernbrot n farmhouse bread",
    "treat": "Pfannkuchen p pancakes; Waffeln p waffles; Apfelstrudel m apple strudel; "
             "Apfelkuchen m apple cake; Pflaumenkuchen m plum cake; "
             "Kaiserschmarrn m kaiserschmarrn",
    "scoop": "Vanilleeis n vanilla ice cream; Vanillesoße f vanilla sauce; "
             "Schlagsahne f whipped cream; Beerenkompott n berry compote; "
             "Preiselbeeren p lingonberries",
    "tin": "Springform f springform pan; Kastenform f loaf pan; Backform f baking pan; "
           "Gugelhupfform f bundt pan",
    "grease": "Butter f butter; Öl n oil; Butterschmalz n clarified butter",
    "crumb": "Semmelbrösel p breadcrumbs; Mehl n flour; Grieß m semolina; Zucker m sugar",
    "cheese": "Parmesan m Parmesan; Bergkäse m mountain cheese; Gouda m Gouda; "
              "Emmentaler m Emmental",
    "topping": "Käse m cheese; Kruste f crust; Oberfläche f surface; Semmelbrösel p breadcrumbs",
    "aromatic": "Zwiebeln p onions; Schalotten p shallots; Zwiebelwürfel p diced onions",
    "joins": "Knoblauch m garlic; Möhren p carrots; Ingwer m ginger; Lauch m leek; "
             "Staudensellerie m celery; Knollensellerie m celeriac",
    "basic": "Salz n salt; Pfeffer m pepper; Meersalz n sea salt; Kräutersalz n herb salt",
    "rub": "Paprikapulver n paprika; Pfeffer m pepper; Thymian m thyme; Rosmarin m rosemary; "
           "Currypulver n curry powder; Zitronenpfeffer m lemon pepper",
    "roll": "Brötchen p rolls; Brezeln p pretzels; Milchbrötchen p milk rolls; "
            "Rosinenbrötchen p raisin rolls",
    "steamy": "Möhren p carrots; Erbsen p peas; Zuckerschoten p snow peas; Bohnen p beans; "
              "Brokkoli m broccoli; Blumenkohl m cauliflower",
    "powder": "Puderzucker m powdered sugar; Kakao m cocoa; Zimtzucker m cinnamon sugar",
    "lemonlike": "Zitrone f lemon; Orange f orange; Limette f lime; Grapefruit f grapefruit; "
                 "Zitronen p lemons; Orangen p oranges",
    "breaded": "Schnitzel p schnitzels; Hähnchenbrust f chicken breast; "
               "Auberginenscheiben p eggplant slices; Kabeljaufilet n cod fillet; "
               "Selleriescheiben p celeriac slices",
    "skinned": "Lachsfilet n salmon fillet; Entenbrust f duck breast; "
               "Zanderfilet n pike-perch fillet; Forellenfilets p trout fillets; "
               "Hähnchenkeulen p chicken legs",
    "boat": "Zucchini p zucchini; Auberginen p eggplants; Paprikaschoten p bell peppers; "
            "Süßkartoffeln p sweet potatoes",
    "seed": "Koriandersamen p coriander seeds; Pfefferkörner p peppercorns; "
            "Fenchelsamen p fennel seeds; Wacholderbeeren p juniper berries; Nelken p cloves; "
            "Kümmel m caraway",
    "burnt": "Knoblauch m garlic; Butter f butter; Zwiebeln p onions; Paprikapulver n paprika; "
             "Karamell m caramel; Mandeln p almonds",
    "chocolate": "Schokolade f chocolate; Zartbitterschokolade f dark chocolate; "
                 "Vollmilchschokolade f milk chocolate; Kuvertüre f couverture; Nougat m nougat",
    "fruit": "Äpfel p apples; Kirschen p cherries; Pflaumen p plums; Aprikosen p apricots; "
             "Birnen p pears; Beeren p berries; Rhabarberstücke p rhubarb pieces; "
             "Streusel p crumbs",
    "airy": "Soufflé n soufflé; Biskuit m sponge cake; Windbeutel p cream puffs; "
            "Käsekuchen m cheesecake",
    "berry": "Erdbeeren p strawberries; Himbeeren p raspberries; Johannisbeeren p red currants; "
             "Brombeeren p blackberries; Kirschen p cherries; Aprikosen p apricots",
    "leafy": "Salat m lettuce; Spinat m spinach; Rucola m arugula; Feldsalat m lamb's lettuce; "
             "Kräuter p herbs; Mangold m Swiss chard",
    "torn": "Mozzarella m mozzarella; Schinken m ham; Räucherlachs m smoked salmon; "
            "Rucola m arugula; Basilikumblätter p basil leaves",
    "pizza": "Pizza f pizza; Flammkuchen m tarte flambée; Fladenbrote p flatbreads",
    "swell": "Couscous m couscous; Bulgur m bulgur; Quinoa f quinoa; Hirse f millet; Reis m rice",
    "skewer": "Fleischwürfel p meat cubes; Garnelen p shrimp; Tofuwürfel p tofu cubes; "
              "Lachswürfel p salmon cubes; Würstchen p sausages",
    "threaded": "Paprikastücke p pepper pieces; Zwiebelspalten p onion wedges; "
                "Zucchinischeiben p zucchini slices; Kirschtomaten p cherry tomatoes; "
                "Champignons p mushrooms",
    "frozen": "Lachsfilet n salmon fillet; Hackfleisch n ground meat; Garnelen p shrimp; "
              "Beeren p berries; Blätterteig m puff pastry; Brühe f stock; Gans f goose",
    "scald": "Tomaten p tomatoes; Pfirsiche p peaches; Mandeln p almonds; Aprikosen p apricots",
    "meaty": "Speck m bacon; Hackfleisch n ground meat; Hähnchenbrust f chicken breast; "
             "Rindfleisch n beef; Schinken m ham",
    "veggie": "Tofu m tofu; Linsen p lentils; Champignons p mushrooms; Kichererbsen p chickpeas; "
              "Räuchertofu m smoked tofu",
    "plant": "Hafersahne f oat cream; Sojasahne f soy cream; Kokosmilch f coconut milk; "
             "Cashewmus n cashew butter",
    "stewed": "Gulasch n goulash; Sauerbraten m sauerbraten; Rouladen p beef roulades; "
              "Ragout n ragout; Lammkeule f leg of lamb; Wildgulasch n venison goulash",
    "mushroom": "Champignons p mushrooms; Pfifferlinge p chanterelles; Steinpilze p porcini; "
                "Austernpilze p oyster mushrooms",
    "shot": "Rotwein m red wine; Sojasoße f soy sauce; Portwein m port; Kaffee m coffee; "
            "Balsamico m balsamic vinegar",
    "gravy": "Soße f sauce; Bratensoße f gravy; Gulasch n goulash; Ragout n ragout; "
             "Pilzsoße f mushroom sauce",
    "piece": "Ingwer m ginger; Zitronenschale f lemon peel; Zitronengras n lemongrass; "
             "Sellerie m celeriac; Speck m bacon",
    "raw": "Hackfleisch n ground meat; Geflügel n poultry; Fleisch n meat; Fisch m fish",
    "smelly": "Geflügel n poultry; Fisch m fish; Chilischoten p chilies; Knoblauch m garlic; "
              "Zwiebeln p onions; Rindfleisch n beef",
    "ready": "Blätterteig m puff pastry; Pizzateig m pizza dough; Mürbeteig m shortcrust dough; "
             "Hefeteig m yeast dough; Strudelteig m strudel dough",
    "yielded": "Plätzchen p cookies; Muffins p muffins; Brötchen p rolls; Pfannkuchen p pancakes; "
               "Knödel p dumplings; Frikadellen p meatballs",
    "layered": "Tiramisu n tiramisu; Käsekuchen m cheesecake; Torte f layer cake; "
               "Quarkcreme f quark cream; Schokoladenmousse f chocolate mousse",
    "fresh": "Erdbeeren p strawberries; Himbeeren p raspberries; Blaubeeren p blueberries; "
             "Minze f mint; Beeren p berries",
    "danger": "Fett n fat; Öl n oil; Butterschmalz n clarified butter; Karamell m caramel; "
              "Bratensaft m pan juice",
    "rinsed": "Linsen p lentils; Kichererbsen p chickpeas; Reis m rice; Quinoa f quinoa; "
              "Bohnen p beans; Oliven p olives; Blaubeeren p blueberries",
    "stays": "Brot n bread; Salat m salad; Kräuter p herbs; Spargel m asparagus; "
             "Plätzchen p cookies; Kuchen m cake",
    "ball": "Plätzchenteig m cookie dough; Fleischmasse f meat mixture; "
            "Kartoffelteig m potato dough; Linsenmasse f lentil mixture; Fischmasse f fish mixture",
    "scrub": "Kartoffeln p potatoes; Süßkartoffeln p sweet potatoes; Möhren p carrots; "
             "Pastinaken p parsnips",
    "tool": "Schüssel f bowl; Gläser p jars; Schneebesen m whisk; Backform f baking pan; "
            "Messer n knife; Schneidebrett n cutting board; Springform f springform pan",
    "sized": "Kartoffeln p potatoes; Knödel p dumplings; Hähnchenkeulen p chicken legs; "
             "Frikadellen p meatballs; Maiskolben p corn cobs",
    "dunked": "Schnitzel p schnitzels; Frikadellen p meatballs; Steaks p steaks; Braten m roast",
    "starch": "Nudeln ps pasta; Reis m rice; Kartoffeln p potatoes; Bandnudeln ps tagliatelle; "
              "Knödel p dumplings",
    "fillet": "Lachsfilet n salmon fillet; Kabeljaufilet n cod fillet; Forellen p trout; "
              "Zanderfilet n pike-perch fillet; Fischfilets p fish fillets",
}

PHRASES = {
    "oven": "25 Minuten=for 25 minutes; 30 Minuten=for 30 minutes; 35 Minuten=for 35 minutes; "
            "40 Minuten=for 40 minutes",
    "n": "zwei=two; drei=three; vier=four",
    "sec": "zwei Minuten=for two minutes; drei Minuten=for three minutes; "
           "vier Minuten=for four minutes",
    "min": "acht Minuten=for eight minutes; zehn Minuten=for ten minutes; "
           "zwölf Minuten=for twelve minutes; 15 Minuten=for 15 minutes",
    "long": "20 Minuten=for 20 minutes; 25 Minuten=for 25 minutes; 30 Minuten=for 30 minutes; "
            "eine halbe Stunde=for half an hour",
    "bake": "40 Minuten=for 40 minutes; 45 Minuten=for 45 minutes; 50 Minuten=for 50 minutes",
    "again": "fünf Minuten=another five minutes; zehn Minuten=another ten minutes; "
             "15 Minuten=another 15 minutes; 20 Minuten=another 20 minutes",
    "hour": "45 Minuten=for 45 minutes; eine Stunde=for one hour",
    "rest": "30 Minuten=for 30 minutes; eine Stunde=for one hour; zwei Stunden=for two hours; "
            "über Nacht=overnight",
    "rise": "30 Minuten=for 30 minutes; 45 Minuten=for 45 minutes; eine Stunde=for one hour; "
            "eine halbe Stunde=for half an hour",
    "days": "drei Tage=for three days; vier Tage=for four days; eine Woche=for one week",
    "weeks": "eine Woche=for one week; zwei Wochen=for two weeks; drei Wochen=for three weeks",
    "warm": "160=160; 170=170; 175=175; 180=180",
    "hotter": "180=180; 190=190; 200=200",
    "hottest": "210=210; 220=220; 230=230",
    "grams": "100=100; 150=150; 200=200; 250=250; 300=300",
    "ml": "100=100; 200=200; 250=250; 400=400; 500=500",
    "serving": "zwei Personen braucht man etwa 300 Gramm=two people, you need about 300 grams; "
               "zwei Personen braucht man etwa 400 Gramm=two people, you need about 400 grams; "
               "vier Personen braucht man etwa 600 Gramm=four people, you need about 600 grams; "
               "vier Personen braucht man etwa 800 Gramm=four people, you need about 800 grams",
    "mm": "drei Millimeter=three millimeters; fünf Millimeter=five millimeters; "
          "einen Zentimeter=one centimeter",
    "rack": "mittleren=middle; unteren=lower; oberen=upper",
    "next": "Zuerst=first,; Danach=after that,; Inzwischen=meanwhile,; Nun=now; "
            "In der Zwischenzeit=in the meantime,; Anschließend=next,",
    "heat": "bei schwacher Hitze=over low heat; bei mittlerer Hitze=over medium heat",
    "dusting": "etwas Mehl=a little more flour; einen Löffel Mehl=another spoonful of flour; "
               "eine Handvoll Mehl=another handful of flour",
    "dust": "Puderzucker=powdered sugar; Zimtzucker=cinnamon sugar; Zucker=sugar",
    "foamy": "die Eier=the eggs; das Eigelb=the egg yolk; das Mehl=the flour; den Quark=the quark; "
             "die gemahlenen Mandeln=the ground almonds; die Milch=the milk",
    "soon": "sofort servieren=serve immediately; heiß servieren=serve hot",
    "wash": "Milch=milk; Eigelb=egg yolk; Wasser=water; flüssiger Butter=melted butter",
    "loaf": "35 Minuten=for 35 minutes; 40 Minuten=for 40 minutes; 45 Minuten=for 45 minutes",
    "lukewarm": "lauwarmem Wasser=lukewarm water; lauwarmer Milch=lukewarm milk; "
                "lauwarmer Buttermilch=lukewarm buttermilk",
    "breading": "Semmelbröseln=breadcrumbs; gemahlenen Mandeln=ground almonds; "
                "geriebenem Parmesan=grated Parmesan; Maismehl=corn flour",
    "filling": "Hackfleisch=ground meat; Couscous=couscous; Reis und Linsen=rice and lentils; "
               "Frischkäse=cream cheese; Spinat und Käse=spinach and cheese",
    "glaze": "Zitronenglasur=lemon glaze; Schokoladenglasur=chocolate glaze; "
             "Zuckerglasur=sugar glaze",
    "spot": "dem Teig=the dough; dem Boden=the base; dem Teigboden=the pastry base; "
            "dem Blech=the baking sheet",
    "count": "acht=eight; zehn=ten; zwölf=twelve; 16=16",
    "laden": "Schinken und Champignons=ham and mushrooms; "
             "Mozzarella und Tomaten=mozzarella and tomatoes; Zwiebeln und Speck=onions and bacon; "
             "Spinat und Schafskäse=spinach and feta",
    "shape": "Quadrate=squares; Streifen=strips; Rechtecke=rectangles; Dreiecke=triangles",
    "stuffing": "Spinat und Schafskäse=spinach and feta; Äpfeln und Zimt=apples and cinnamon; "
                "Schinken und Käse=ham and cheese; Pflaumen und Marzipan=plums and marzipan",
    "eggy": "der Milch=the milk; der Sahne=the cream; dem Quark=the quark; dem Joghurt=the yogurt",
    "pinch": "Salz=salt; Zucker=sugar; Zimt=cinnamon",
    "months": "zwei Monate=two months; drei Monate=three months; sechs Monate=six months",
    "hours": "anderthalb Stunden=an hour and a half; zwei Stunden=two hours; "
             "drei Stunden=three hours",
    "mushcut": "halbieren=halve them; in Stücke schneiden=cut them into pieces; "
               "in Scheiben schneiden=cut them into slices; fein hacken=finely chop them",
    "crunch": "Semmelbröseln=breadcrumbs; gehackten Nüssen=chopped nuts; "
              "Sonnenblumenkernen=sunflower seeds; grob geriebenem Käse=coarsely grated cheese",
    "chilled": "zwei Stunden=two hours; vier Stunden=four hours; sechs Stunden=six hours",
    "shelf": "mittlere=middle; untere=lower; obere=upper",
    "batch": "zwölf=twelve; 16=16; 20=20; 24=24",
    "skinway": "mit der Schale kochen=boil them with their skins on; "
               "mit der Schale im Ofen rösten=roast them in the oven with their skins on; "
               "mit der Schale dämpfen=steam them with their skins on",
    "guests": "vier=four; sechs=six; acht=eight",
    "drink": "Weißwein=white wine; Rotwein=red wine; kühles Bier=cold beer; Apfelsaft=apple juice",
    "takes": "20 Minuten=20 minutes; 25 Minuten=25 minutes; 30 Minuten=30 minutes",
    "covering": "Zitronenscheiben=lemon slices; Tomatenscheiben=tomato slices; "
                "Zwiebelringen=onion rings; Kräutern=herbs",
}

# Actions: key; German infinitive ("an|braten": separable); participle; English verb; participle;
# the rest of the English phrase.
ACTS = """
peel; schälen; geschält; peel; peeled;
wash; waschen; gewaschen; wash; washed;
trim; putzen; geputzt; trim; trimmed;
sort; verlesen; verlesen; pick over; picked over;
rinse; kalt ab|spülen; abgespült; rinse; rinsed; under cold water
dry; trocken tupfen; getupft; pat; patted; dry
shake; trocken schütteln; geschüttelt; shake; shaken; dry
halve; halbieren; halbiert; halve; halved;
quarter; vierteln; geviertelt; quarter; quartered;
core; entkernen; entkernt; core; cored;
seed; entkernen; entkernt; deseed; deseeded;
pit; entsteinen; entsteint; pit; pitted;
dice; würfeln; gewürfelt; dice; diced;
fine; fein würfeln; gewürfelt; finely dice; finely diced;
chop; fein hacken; gehackt; finely chop; finely chopped;
rough; grob hacken; gehackt; coarsely chop; coarsely chopped;
grate; grob raspeln; geraspelt; coarsely grate; coarsely grated;
zest; fein reiben; gerieben; finely grate; finely grated;
shred; fein hobeln; gehobelt; finely shred; finely shredded;
snip; in Röllchen schneiden; geschnitten; snip; snipped; into small rings
rings; in feine Ringe schneiden; geschnitten; cut; cut; into thin rings
strips; in Streifen schneiden; geschnitten; cut; cut; into strips
slices; in Scheiben schneiden; geschnitten; cut; cut; into slices
thin; in dünne Scheiben schneiden; geschnitten; cut; cut; into thin slices
sticks; in Stifte schneiden; geschnitten; cut; cut; into sticks
cubes; in Würfel schneiden; geschnitten; cut; cut; into cubes
pieces; in Stücke schneiden; geschnitten; cut; cut; into pieces
bites; in mundgerechte Stücke schneiden; geschnitten; cut; cut; into bite-sized pieces
wedges; in Spalten schneiden; geschnitten; cut; cut; into wedges
florets; in Röschen teilen; geteilt; divide; divided; into florets
mash; mit einer Gabel zerdrücken; zerdrückt; mash; mashed; with a fork
aside; beiseite|stellen; beiseitegestellt; set; set; aside
glassy; {fat:in dat} glasig dünsten; gedünstet; sweat; sweated; in {fat:the} until translucent
soft; {fat:in dat} weich dünsten; gedünstet; sweat; sweated; in {fat:the} until soft
slow; {heat} {fat:in dat} dünsten; gedünstet; sweat; sweated; in {fat:the} {heat}
brief; kurz {fat:in dat} dünsten; gedünstet; briefly sweat; briefly sweated; in {fat:the}
golden; {fat:in dat} goldbraun braten; gebraten; fry; fried; in {fat:the} until golden brown
sides; {fat:in dat} von beiden Seiten goldbraun braten; gebraten; fry; fried; \
in {fat:the} until golden brown on both sides
quick; {sec} {fat:in dat} braten; gebraten; fry; fried; in {fat:the} {sec}
crisp; in einer heißen Pfanne knusprig braten; gebraten; fry; fried; in a hot pan until crisp
brown; {fat:in dat} rundum an|braten; angebraten; brown; browned; on all sides in {fat:the}
sear; {fat:in dat} scharf an|braten; angebraten; sear; seared; in {fat:the}
mince; {fat:in dat} krümelig an|braten; angebraten; brown; browned; in {fat:the} until crumbly
tender; in Salzwasser weich kochen; gekocht; boil; boiled; in salted water until soft
blanch; {sec} in kochendem Salzwasser blanchieren; blanchiert; blanch; blanched; \
in boiling salted water {sec}
steam; {min} dämpfen; gedämpft; steam; steamed; {min}
roast; {long} bei {hotter} Grad im Ofen rösten; geröstet; roast; roasted; \
in the oven at {hotter} degrees {long}
grill; von beiden Seiten grillen; gegrillt; grill; grilled; on both sides
braise; {hour} {heat} schmoren; geschmort; braise; braised; {heat} {hour}
poach; {min} {stock:in dat} pochieren; pochiert; poach; poached; in {stock:the} {min}
wilt; in einer Pfanne zusammenfallen lassen; ; let; let; wilt in a pan
lemon; mit Zitronensaft beträufeln; beträufelt; drizzle; drizzled; with lemon juice
sugar; mit Zucker bestreuen; bestreut; sprinkle; sprinkled; with sugar
"""

# What each food allows: noun | first steps, done in this order | one cut | one way of cooking it.
FOODS = """
Zwiebeln p onions | peel | fine rings chop | glassy golden soft
Schalotten p shallots | peel | fine chop thin | glassy soft
Knoblauchzehen p garlic cloves | peel | chop thin | brief
Lauch m leek | trim wash | rings strips | soft slow
Frühlingszwiebeln p scallions | trim wash | rings | brief
Möhren p carrots | peel | dice slices sticks grate | slow
Pastinaken p parsnips | peel | sticks slices pieces | soft roast
Petersilienwurzeln p parsley roots | peel | sticks dice | soft roast
Knollensellerie m celeriac | peel | dice sticks | soft steam
Staudensellerie m celery | trim wash | slices dice | soft slow
Kartoffeln p potatoes | peel | cubes halve quarter slices | tender
Süßkartoffeln p sweet potatoes | peel | cubes wedges sticks | roast
Paprikaschoten p bell peppers | wash halve seed | strips cubes | slow roast
Zucchini p zucchini | wash | slices | sides grill roast
Auberginen p eggplants | wash | slices | sides grill roast
Tomaten p tomatoes | wash | dice quarter slices |
Champignons p mushrooms | trim | slices quarter | golden
Pfifferlinge p chanterelles | trim | halve | golden
Brokkoli m broccoli | wash | florets | blanch steam
Blumenkohl m cauliflower | wash | florets | steam roast tender
Rosenkohl mp Brussels sprouts | trim wash | halve | steam roast
Weißkohl m white cabbage | quarter | shred strips | braise
Rotkohl m red cabbage | quarter | shred strips | braise
Wirsing m savoy cabbage | wash quarter | strips | braise
Spinat m spinach | sort wash | rough | wilt blanch
Mangold m Swiss chard | wash | strips | wilt
Bohnen p beans | trim wash | halve | tender
Spargel m asparagus | peel | pieces | steam tender
Fenchel m fennel | trim wash halve | strips | soft roast
Kohlrabi m kohlrabi | peel | sticks slices | slow steam
Kürbis m pumpkin | halve seed | wedges cubes | roast
Steckrüben p rutabagas | peel | dice sticks | tender
Gurken p cucumbers | wash | slices dice |
Radieschen p radishes | trim wash | thin quarter |
Chilischoten p chilies | halve seed | chop strips | brief
Ingwer m ginger | peel | zest chop | brief
Speck m bacon | | dice strips | crisp
Petersilie f parsley | wash shake | chop rough |
Basilikum n basil | wash shake | chop strips |
Dill m dill | wash shake | chop rough |
Koriander m cilantro | wash shake | chop rough |
Minze f mint | wash shake | chop strips |
Schnittlauch mp chives | wash shake | snip |
Äpfel p apples | peel quarter core | slices dice | lemon
Birnen p pears | peel quarter core | slices dice | lemon
Pflaumen p plums | wash halve pit | | sugar
Aprikosen p apricots | wash halve pit | | sugar
Pfirsiche p peaches | wash halve pit | wedges | lemon
Kirschen p cherries | wash pit | | sugar
Erdbeeren p strawberries | wash | halve quarter | sugar
Rhabarber m rhubarb | wash | pieces | sugar
Bananen p bananas | peel | slices mash | lemon
Mangos p mangoes | peel | cubes strips | lemon
Rindfleisch n beef | dry | cubes bites | sear brown
Schweinefleisch n pork | dry | cubes bites strips | sear brown
Lammfleisch n lamb | dry | cubes bites | sear brown
Hähnchenbrust f chicken breast | dry | strips cubes | golden brown
Putenbrust f turkey breast | dry | strips cubes | golden brown
Hähnchenkeulen p chicken legs | dry | | brown
Schweinefilet n pork tenderloin | dry | | sear brown
Forellen p trout | rinse dry | | sides
Lachsfilet n salmon fillet | rinse dry | pieces | sides poach
Kabeljaufilet n cod fillet | rinse dry | pieces | sides poach
Garnelen p shrimp | peel rinse dry | | quick
Tofu m tofu | dry | cubes strips | golden
Hackfleisch n ground meat | | | mince
"""
