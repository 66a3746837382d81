"""Small export files of our own making, in the notations of the vendors."""

META_PL = (
    "Nazwa kampanii;Nazwa zestawu reklam;Nazwa reklamy;Dzień;Waluta;Typ wyniku;Wyniki;Zasięg;Wyświetlenia;"
    "Kliknięcia linku;Wydana kwota (PLN)\n"
    ";;;;PLN;;;;30 500;310;1 334,56\n"
    "Żółte światło;Folk 25–44;Wideo A;2026-09-01;PLN;Zakupy;12;8 100;10 250;110;1 234,56\n"
    "Żółte światło;Folk 25–44;Wideo B;2026-09-01;PLN;Zakupy;--;9 000;20 250;200;100,00\n"
).encode("cp1250")
META_EN = (
    "\ufeffReporting starts,Reporting ends,Campaign name,Campaign ID,Ad set name,Ad name,Results,Impressions,"
    "Link clicks,Amount spent (EUR),Purchases conversion value,Quality ranking\n"
    '2026-09-01,2026-09-01,"Lighthouse, pre-order",1201,Readers,Cover,3,"1,250",41,"1,012.50",250.00,Above\n'
    '2026-09-01,2026-09-30,"Lighthouse, pre-order",1201,Readers,Cover,9,"9,250",141,"3,012.50",750.00,Above\n'
).encode()
GOOGLE_PL = (
    "Raport kampanii\n1 wrz 2026 - 2 wrz 2026\n"
    "Dzień\tKampania\tIdentyfikator kampanii\tStan kampanii\tKod waluty\tWyświetlenia\tKliknięcia\tKoszt\tKonwersje\n"
    "1 wrz 2026\tCzytelnicy\t77\tWłączona\tPLN\t1 000\t12\t34,50\t1,33\n"
    "2 wrz 2026\tCzytelnicy\t77\tWłączona\tPLN\t1 100\t15\t35,50\t2,67\n"
    "Total: Kampanie\t--\t--\t--\tPLN\t2 100\t27\t70,00\t4,00\n"
).encode("utf-16")
TIKTOK = (
    b"Campaign name,Ad group name,Ad name,By Day,Currency,Cost,Impressions,Clicks (destination),Conversions\n"
    b"Dance,Teens,Clip 1,2026-09-01,USD,12.50,4000,55,2\n"
    b"Total of 1 results,-,-,-,USD,12.50,4000,55,2\n"
)
SPOTIFY = "\ufeffdate,listeners,streams,followers\n2026-09-01,210,640,1200\n2026-09-02,220,655,1203\n".encode()
MAILCHIMP = (
    b"Title,Subject,List,Send Date,Total Recipients,Successful Deliveries,Unique Opens,Open Rate,Unique Clicks,"
    b"Unique Id\n"
    b'September,New songs,Fans,"Sep 20, 2026 10:00 am",1000,980,410,41.8%,52,a1b2\n'
)
KDP = (
    b"Royalty Date,Title,Author Name,ASIN/ISBN,Marketplace,Royalty Type,Transaction Type,Units Sold,Units Refunded,"
    b"Net Units Sold,Royalty,Currency\n"
    b"2026-09-01,Lighthouse,Maria Zawada,B0TEST,Amazon.de,70%,Standard,5,1,4,11.20,EUR\n"
    b"2026-09-01,Lighthouse,Maria Zawada,B0TEST,Amazon.com,70%,Standard,2,0,2,6.90,USD\n"
)
GOOGLE_SLASHED = (
    b"Day,Campaign,Campaign status,Impr.,Clicks,Cost,Conversions\n"
    b"9/1/2026,A,Enabled,100,3,1.50,0.5\n9/2/2026,A,Enabled,110,4,1.70,0\n"
)
STRANGE = b"Kiedy;Akcja;Wydatki;Pokazania\n2026-09-01;Plakaty;120,00;3000\n2026-09-02;Plakaty;130,00;3100\n"
